package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The small values: what they refuse, and that nobody can change them from outside. */
class ValuesTest {
    @Test
    void bytesAreWrittenInBase64() {
        for (int size = 0; size < 100; size++) {
            byte[] source = new byte[size];
            Arrays.fill(source, (byte) (200 + size));
            byte[] target = new byte[150];

            int length = Bytes.copyOf(source).base64To(target);

            assertThat(length).isEqualTo(Bytes.copyOf(source).base64Size());
            assertThat(new String(target, 0, length, StandardCharsets.US_ASCII))
                    .isEqualTo(Base64.getEncoder().encodeToString(source));
        }
    }

    @Test
    void bytesDoNotChangeWithTheArrayTheyWereCopiedFrom() {
        byte[] source = {1, 2, 3};
        Bytes bytes = Bytes.copyOf(source);
        source[0] = 9;
        bytes.toByteArray()[1] = 9;

        assertThat(bytes).isEqualTo(Bytes.wrap(new byte[] {1, 2, 3}));
        assertThat(bytes.asByteBuffer().isReadOnly()).isTrue();
    }

    @Test
    void copyingABufferLeavesItsPosition() {
        ByteBuffer buffer = ByteBuffer.wrap(new byte[] {1, 2, 3, 4}).position(2);

        assertThat(Bytes.copyOf(buffer).toByteArray()).containsExactly(3, 4);
        assertThat(buffer.position()).isEqualTo(2);
    }

    @Test
    void bytesNeverPrintTheirContent() {
        assertThat(Bytes.utf8("secret")).hasToString("Bytes[6]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a/b", "ä"})
    void namesOutOfFormAreRefused(String name) {
        assertThatIllegalArgumentException().isThrownBy(() -> new StreamName(name));
        assertThatIllegalArgumentException().isThrownBy(() -> new ShardId(name));
    }

    @Test
    void shardIdsCarryTwelveDigitsInOrder() {
        assertThat(ShardId.of(7)).hasToString("shardId-000000000007").isLessThan(ShardId.of(10));
        assertThatIllegalArgumentException().isThrownBy(() -> ShardId.of(-1));
    }

    @Test
    void shardHasAtMostTwoParents() {
        SequenceNumberRange numbers = SequenceNumberRange.openFrom(SequenceNumber.ZERO);
        List<ShardId> three = List.of(ShardId.of(0), ShardId.of(1), ShardId.of(2));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Shard(ShardId.of(3), three, HashKeyRange.ALL, numbers));
    }

    @Test
    void shardIsOpenUntilItHasAnEnd() {
        SequenceNumberRange open = SequenceNumberRange.openFrom(SequenceNumber.ZERO);
        SequenceNumberRange closed = new SequenceNumberRange(SequenceNumber.ZERO, SequenceNumber.parse("9"));

        assertThat(new Shard(ShardId.of(0), List.of(), HashKeyRange.ALL, open).isOpen())
                .isTrue();
        assertThat(new Shard(ShardId.of(0), List.of(), HashKeyRange.ALL, closed).isOpen())
                .isFalse();
    }
}
