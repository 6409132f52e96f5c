package io.millrace.model.aggregate;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.Bytes;
import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamRecord;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AggregateWriterTest {
    private static final SequenceNumber NUMBER = SequenceNumber.parse("4961234");

    /** As the page on the format has it: two keys, then an explicit hash key, then the records that name them. */
    @Test
    void bytesAreThoseOfTheFormat() {
        AggregateWriter writer = new AggregateWriter(1_000);
        assertThat(writer.add("a", null, Bytes.utf8("x-y"))).isTrue();
        assertThat(writer.add("b", HashKey.of(BigInteger.valueOf(17)), Bytes.utf8("z")))
                .isTrue();
        assertThat(writer.add("a", null, Bytes.empty())).isTrue();
        byte[] message = HexFormat.of()
                .parseHex("0a0161" + "0a0162" + "12023137" + "1a07" + "0800" + "1a03" + "782d79" + "1a07" + "0801"
                        + "1000" + "1a01" + "7a" + "1a04" + "0800" + "1a00");
        assertThat(writer.size()).isEqualTo(4 + message.length + 16);
        assertThat(writer.records()).isEqualTo(3);
        assertThat(writer.finish()).isEqualTo(StoredAggregate.sealed(message));
    }

    @Test
    void oneWriterMakesOneAggregateAfterTheOther() {
        AggregateWriter writer = new AggregateWriter(1_000);
        writer.add("a", HashKey.MAX, Bytes.utf8("1"));
        writer.finish();
        assertThat(writer.records()).isZero();
        assertThat(writer.size()).isEqualTo(20);
        writer.add("b", null, Bytes.utf8("2"));
        assertThat(writer.finish())
                .isEqualTo(new StoredAggregate().add("b", "2").stored());
    }

    @Test
    void recordThatDoesNotFitIsNotAdded() {
        Bytes three = new StoredAggregate()
                .add("a", "1")
                .add("bb", "7", "22")
                .add("a", "333")
                .stored();
        AggregateWriter writer = new AggregateWriter(three.size());
        writer.add("a", null, Bytes.utf8("1"));
        writer.add("bb", HashKey.of(BigInteger.valueOf(7)), Bytes.utf8("22"));
        assertThat(writer.add("ccc", null, Bytes.utf8("333"))).isFalse();
        assertThat(writer.add("a", HashKey.MIN, Bytes.utf8("333"))).isFalse();
        assertThat(writer.add("a", null, Bytes.utf8("4444"))).isFalse();
        assertThat(writer.add("a", null, Bytes.utf8("333"))).isTrue();
        assertThat(writer.finish()).isEqualTo(three);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void anyRecordsComeBackAsTheyWereAndTheBytesAreThoseOfAnotherWriter(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        AggregateWriter writer = new AggregateWriter(1 << 20);
        StoredAggregate other = new StoredAggregate();
        List<StreamRecord> records = new ArrayList<>();
        for (int i = 0; i < 600; i++) {
            String key = "schlüssel-" + "x".repeat(random.nextInt(200)) + random.nextInt(200);
            String text = "ä".repeat(random.nextInt(4) == 0 ? random.nextInt(20_000) / 10 : random.nextInt(20));
            HashKey explicit = random.nextInt(3) == 0 ? HashKey.of(BigInteger.valueOf(random.nextInt(300))) : null;
            other.add(key, explicit == null ? null : explicit.toString(), text);
            assertThat(writer.add(key, explicit, Bytes.utf8(text))).isTrue();
            records.add(
                    new StreamRecord(new RecordPosition(NUMBER, i), key, Bytes.utf8(text), Instant.EPOCH, explicit));
        }
        Bytes stored = writer.finish();
        assertThat(stored).isEqualTo(other.stored());
        assertThat(Aggregates.SPLIT.in(
                        List.of(new StreamRecord(RecordPosition.of(NUMBER), "a", stored, Instant.EPOCH)),
                        HashKeyRange.ALL))
                .isEqualTo(records);
    }
}
