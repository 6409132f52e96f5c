package io.millrace.model.aggregate;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.Bytes;
import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamRecord;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AggregatesTest {
    private static final SequenceNumber NUMBER = SequenceNumber.parse("4961234");
    private static final Instant ARRIVAL = Instant.ofEpochSecond(1_700_000_000);
    private static final HashKey HALF = HashKey.of(BigInteger.ONE.shiftLeft(127));
    private static final HashKeyRange LOWER = new HashKeyRange(HashKey.MIN, HALF.previous());

    @Test
    void userRecordsComeWithTheirKeysAndPlacesAndTheArrivalOfTheAggregate() {
        Bytes stored = new StoredAggregate()
                .add("blue", "one")
                .add("red", "17", "two")
                .add("blue", "")
                .stored();
        assertThat(split(stored, HashKeyRange.ALL))
                .containsExactly(
                        user(0, "blue", "one"),
                        new StreamRecord(
                                new RecordPosition(NUMBER, 1),
                                "red",
                                Bytes.utf8("two"),
                                ARRIVAL,
                                HashKey.of(BigInteger.valueOf(17))),
                        user(2, "blue", ""));
    }

    /** As the page on the format has it: two keys, two records that name the first and the second. */
    @Test
    void bytesWrittenByHandAreRead() {
        byte[] message = HexFormat.of()
                .parseHex("0a0161" + "0a0162" + "1a07" + "0800" + "1a03" + "782d79" + "1a05" + "0801" + "1a01" + "7a");
        assertThat(split(StoredAggregate.sealed(message), HashKeyRange.ALL))
                .containsExactly(user(0, "a", "x-y"), user(1, "b", "z"));
    }

    @Test
    void plainRecordsStayAsTheyAre() {
        List<StreamRecord> plain = List.of(
                stored(Bytes.empty()),
                stored(Bytes.utf8("a plain line")),
                stored(Bytes.wrap(new byte[] {(byte) 0xF3, (byte) 0x89, (byte) 0x9A, (byte) 0xC2})),
                stored(Bytes.wrap(new byte[] {(byte) 0xF3, (byte) 0x89})));
        for (Aggregates way : Aggregates.values()) {
            assertThat(way.in(plain, LOWER)).isSameAs(plain);
        }
    }

    @Test
    void plainRecordsBetweenAggregatesKeepTheirPlaces() {
        StreamRecord plain = stored(Bytes.utf8("plain"));
        StreamRecord packed =
                stored(new StoredAggregate().add("a", "1").add("a", "2").stored());
        assertThat(Aggregates.SPLIT.in(List.of(plain, packed, plain, packed), HashKeyRange.ALL))
                .containsExactly(
                        plain, user(0, "a", "1"), user(1, "a", "2"), plain, user(0, "a", "1"), user(1, "a", "2"));
    }

    @Test
    void everyFlippedBitMakesAPlainRecord() {
        byte[] good = new StoredAggregate()
                .add("blue", "one")
                .add("red", "17", "two")
                .stored()
                .toByteArray();
        for (int bit = 0; bit < 8 * good.length; bit++) {
            byte[] flipped = good.clone();
            flipped[bit / 8] ^= (byte) (1 << (bit % 8));
            assertStaysPlain(Bytes.wrap(flipped));
        }
    }

    @Test
    void everyShorterOneIsAPlainRecordWhateverItsDigestSays() {
        StoredAggregate aggregate = new StoredAggregate().add("blue", "one").add("red", "17", "two");
        byte[] stored = aggregate.stored().toByteArray();
        for (int length = 0; length < stored.length; length++) {
            assertStaysPlain(Bytes.wrap(Arrays.copyOf(stored, length)));
        }
        byte[] message = aggregate.message();
        int records = message.length;
        for (int length = 1; length < message.length; length++) {
            List<StreamRecord> read = split(StoredAggregate.sealed(Arrays.copyOf(message, length)), HashKeyRange.ALL);
            // Bytes that end between two fields are another message; within a field they are none.
            assertThat(read).hasSizeLessThanOrEqualTo(1);
            records = Math.min(records, read.size());
        }
        assertThat(records).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", // between mark and digest is nothing
                "1a04" + "0800" + "1a00", // a key beyond the empty table
                "0a0161" + "1a04" + "0801" + "1a00", // a key beyond the table
                "0a0161" + "1a02" + "0800", // no data
                "0a0161" + "1a02" + "1a00", // no key
                "0a0161" + "1a06" + "0800" + "1001" + "1a00", // an explicit hash key beyond the table
                "0a0161" + "120178" + "1a06" + "0800" + "1000" + "1a00", // an explicit hash key that is no number
                "0a0161" + "12022d31" + "1a06" + "0800" + "1000" + "1a00", // or a negative one
                "0a0161" + "1a0d" + "08ffffffffffffffffff01" + "1a00", // key -1
                "0aff0161", // a text longer than the message
                "0affffffff07" + "61", // longer than any array
                "0affffffffffffffffff01" + "61", // of negative length
                "0affffffffffffffffffff01" + "61", // a number of eleven bytes
                "0a", // nothing after the tag
                "0a0161" + "1a05" + "0800" + "1a05" + "78", // data that reaches beyond its record
                "0001" + "61", // field 0
                "0b" + "0c", // a group
                "0e" + "00", // a type that there is not
                "29" + "00000000000000", // a fixed number that is cut
                "2d" + "000000",
            })
    void messageOfAnotherFormIsAPlainRecord(String hex) {
        assertStaysPlain(StoredAggregate.sealed(HexFormat.of().parseHex(hex)));
    }

    @Test
    void whatTheFormatDoesNotHaveIsSkippedAndTheTablesMayComeLast() {
        ByteArrayOutputStream record = new ByteArrayOutputStream();
        StoredAggregate.number(record, 1, 7);
        StoredAggregate.bytes(record, 4, new byte[] {0x0a, 1, 't'});
        StoredAggregate.number(record, 1, 0);
        StoredAggregate.bytes(record, 3, "old".getBytes(StandardCharsets.UTF_8));
        StoredAggregate.bytes(record, 3, "new".getBytes(StandardCharsets.UTF_8));
        StoredAggregate.bytes(record, 1, new byte[] {9});
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        StoredAggregate.number(message, 9, -1);
        StoredAggregate.varint(message, (10 << 3) | 1);
        message.writeBytes(new byte[8]);
        StoredAggregate.varint(message, (11 << 3) | 5);
        message.writeBytes(new byte[4]);
        StoredAggregate.bytes(message, 12, new byte[3]);
        StoredAggregate.number(message, 3, 5);
        StoredAggregate.bytes(message, 3, record.toByteArray());
        StoredAggregate.bytes(message, 1, "key".getBytes(StandardCharsets.UTF_8));
        assertThat(split(StoredAggregate.sealed(message.toByteArray()), HashKeyRange.ALL))
                .containsExactly(user(0, "key", "new"));
    }

    @Test
    void recordsOfOtherShardsAreLeftOutAndTheOthersKeepTheirPlaces() {
        Bytes stored = new StoredAggregate()
                .add(keyIn(LOWER, 0), "first")
                .add(keyOutside(LOWER), "elsewhere")
                .add(keyIn(LOWER, 1), HALF.toString(), "sent elsewhere by its explicit key")
                .add(keyOutside(LOWER), HALF.previous().toString(), "sent here by its explicit key")
                .add(keyIn(LOWER, 1), "last")
                .stored();
        List<StreamRecord> read = split(stored, LOWER);
        assertThat(read).extracting(StreamRecord::subSequenceNumber).containsExactly(0L, 3L, 4L);
        assertThat(read)
                .extracting(record -> record.data().toUtf8())
                .containsExactly("first", "sent here by its explicit key", "last");
        assertThat(read.get(1).explicitHashKey()).contains(HALF.previous());
    }

    @Test
    void aggregateOfNoRecordsForTheShardIsNothing() {
        Bytes elsewhere = new StoredAggregate().add(keyOutside(LOWER), "x").stored();
        byte[] tableOnly = HexFormat.of().parseHex("0a0161");
        assertThat(split(elsewhere, LOWER)).isEmpty();
        assertThat(split(StoredAggregate.sealed(tableOnly), LOWER)).isEmpty();
    }

    @Test
    void rawAggregatesAreWholeAtThePlaceOfTheirLastRecord() {
        Bytes packed = new StoredAggregate()
                .add("a", "1")
                .add("a", "2")
                .add(keyOutside(LOWER), "3")
                .stored();
        Bytes empty = StoredAggregate.sealed(HexFormat.of().parseHex("0a0161"));
        assertThat(Aggregates.RAW.in(List.of(stored(packed), stored(empty)), LOWER))
                .containsExactly(new StreamRecord(new RecordPosition(NUMBER, 2), "a", packed, ARRIVAL), stored(empty));
    }

    @Test
    void anyBytesUnderARightDigestGiveAnAnswerWithinTheirSize() {
        Random random = new Random(7);
        byte[] message = new StoredAggregate()
                .add("blue", "one")
                .add("red", "17", "two")
                .add("blue", "12", "three")
                .message();
        for (int i = 0; i < 200_000; i++) {
            byte[] other = Arrays.copyOf(message, 1 + random.nextInt(message.length));
            for (int change = random.nextInt(5); change >= 0; change--) {
                other[random.nextInt(other.length)] = (byte) random.nextInt();
            }
            Bytes stored = StoredAggregate.sealed(other);
            List<StreamRecord> read = split(stored, HashKeyRange.ALL);
            if (!read.equals(List.of(stored(stored)))) {
                int bytes =
                        read.stream().mapToInt(record -> record.data().size()).sum();
                assertThat(bytes).isLessThanOrEqualTo(other.length);
            }
        }
    }

    private static void assertStaysPlain(Bytes stored) {
        for (Aggregates way : Aggregates.values()) {
            assertThat(way.in(List.of(stored(stored)), HashKeyRange.ALL)).containsExactly(stored(stored));
        }
    }

    private static List<StreamRecord> split(Bytes stored, HashKeyRange hashKeys) {
        return Aggregates.SPLIT.in(List.of(stored(stored)), hashKeys);
    }

    private static StreamRecord stored(Bytes data) {
        return new StreamRecord(RecordPosition.of(NUMBER), "a", data, ARRIVAL);
    }

    private static StreamRecord user(int place, String key, String data) {
        return new StreamRecord(new RecordPosition(NUMBER, place), key, Bytes.utf8(data), ARRIVAL);
    }

    private static String keyIn(HashKeyRange range, int which) {
        int found = 0;
        for (int i = 0; true; i++) {
            if (range.contains(HashKey.ofPartitionKey("key-" + i)) && found++ == which) {
                return "key-" + i;
            }
        }
    }

    private static String keyOutside(HashKeyRange range) {
        int i = 0;
        while (range.contains(HashKey.ofPartitionKey("key-" + i))) {
            i++;
        }
        return "key-" + i;
    }
}
