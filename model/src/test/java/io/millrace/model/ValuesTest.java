package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The small values: what they refuse, and that nobody can change them from outside. */
class ValuesTest {
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
