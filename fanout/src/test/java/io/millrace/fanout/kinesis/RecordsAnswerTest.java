package io.millrace.fanout.kinesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.millrace.fanout.ShardPage;
import io.millrace.model.Bytes;
import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamRecord;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RecordsAnswerTest {
    private static final String NUMBER = "49590338271490256608559692538361571095921575989136588898";
    private static final Instant ARRIVAL = Instant.ofEpochMilli(1_795_000_000_123L);

    @Test
    void pageIsReadInTheFormThatServersWrite() {
        ShardPage page = RecordsAnswer.page(whole());
        assertThat(page.records())
                .hasSize(2)
                .allSatisfy(record -> assertThat(record.sequenceNumber()).isEqualTo(SequenceNumber.parse(NUMBER)));
        StreamRecord first = page.records().get(0);
        assertThat(first.partitionKey()).isEqualTo("k\u00e4y");
        assertThat(first.data()).isEqualTo(Bytes.wrap(new byte[] {0, -1, 7}));
        assertThat(first.arrival()).isEqualTo(ARRIVAL);
        assertThat(page.records().get(1).data().isEmpty()).isTrue();
        assertThat(page.nextOrNull()).isNotNull();
        assertThat(page.millisBehindLatest()).isEqualTo(70_000);
        assertThat(page.children()).isEmpty();
    }

    @Test
    void itemsWithoutALengthAndInPiecesAreReadAsWell() {
        byte[] body = new Cbor()
                .hex("bf")
                .text("Records")
                .hex("9fbf")
                .hex("7f")
                .text("Da")
                .text("ta")
                .hex("ff5f")
                .bytes(new byte[] {1})
                .bytes(new byte[] {2, 3})
                .hex("ff")
                .text("PartitionKey")
                .hex("7f")
                .text("a")
                .text("b")
                .hex("ff")
                .text("SequenceNumber")
                .text(NUMBER)
                .text("ApproximateArrivalTimestamp")
                // Seconds as a fraction, without a tag.
                .hex("fb")
                .hex(HexFormat.of().toHexDigits(Double.doubleToLongBits(1_795_000_000.123)))
                .hex("ffff")
                .text("NextShardIterator")
                .hex("f6ff")
                .toBytes();
        ShardPage page = RecordsAnswer.page(body);
        assertThat(page.records()).hasSize(1);
        StreamRecord record = page.records().get(0);
        assertThat(record.data()).isEqualTo(Bytes.wrap(new byte[] {1, 2, 3}));
        assertThat(record.partitionKey()).isEqualTo("ab");
        assertThat(record.arrival()).isEqualTo(ARRIVAL);
        assertThat(page.nextOrNull()).isNull();
    }

    @Test
    void membersThatAreNewAndNullsArePassedOver() {
        byte[] body = new Cbor()
                .map(4)
                .text("Newer")
                .map(2)
                .text("deep")
                .list(3)
                .number(-5)
                .hex("fa3f800000")
                .hex("f5")
                .text("tagged")
                .hex("c1")
                .number(7)
                .text("Records")
                .list(0)
                .text("ChildShards")
                .hex("f6")
                .text("MillisBehindLatest")
                .number(0)
                .toBytes();
        assertThat(RecordsAnswer.page(body).records()).isEmpty();
    }

    @Test
    void childrenOfAShardThatIsReadOutAreTold() {
        byte[] body = new Cbor()
                .map(2)
                .text("Records")
                .list(0)
                .text("ChildShards")
                .list(1)
                .map(3)
                .text("ShardId")
                .text("shardId-000000000001")
                .text("ParentShards")
                .list(1)
                .text("shardId-000000000000")
                .text("HashKeyRange")
                .map(2)
                .text("StartingHashKey")
                .text("0")
                .text("EndingHashKey")
                .text("170141183460469231731687303715884105727")
                .toBytes();
        ShardPage page = RecordsAnswer.page(body);
        assertThat(page.nextOrNull()).isNull();
        assertThat(page.children()).singleElement().satisfies(child -> {
            assertThat(child.id().value()).isEqualTo("shardId-000000000001");
            assertThat(child.parents()).hasSize(1);
        });
    }

    @Test
    void answerThatIsCutAnywhereIsRefused() {
        byte[] whole = whole();
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatIllegalArgumentException()
                    .as("the first %d bytes", length)
                    .isThrownBy(() -> RecordsAnswer.page(cut));
        }
    }

    @Test
    void whatIsNoAnswerIsRefused() {
        assertRefused("{\"Records\":[]}".getBytes(StandardCharsets.UTF_8));
        // A record without a number; a length beyond the body; lists in lists without end.
        assertRefused(new Cbor().map(1).text("Records").list(1).map(0).toBytes());
        assertRefused(new Cbor()
                .map(1)
                .text("NextShardIterator")
                .head(0x60, Integer.MAX_VALUE)
                .toBytes());
        Cbor deep = new Cbor().map(1).text("Newer");
        for (int i = 0; i < 10_000; i++) {
            deep.list(1);
        }
        assertRefused(deep.toBytes());
    }

    @Test
    void requestIsWhatTheServiceReads() {
        byte[] body = RecordsRequest.body("i".repeat(300), 10_000, "arn:x");
        CborReader in = new CborReader(body, List.of());
        Map<String, Object> members = new HashMap<>();
        in.map(name -> members.put(name, name.equals("Limit") ? (Object) in.integer() : in.text()));
        assertThat(members)
                .containsOnly(
                        Map.entry("ShardIterator", "i".repeat(300)),
                        Map.entry("Limit", 10_000L),
                        Map.entry("StreamARN", "arn:x"));
    }

    private static void assertRefused(byte[] body) {
        assertThatIllegalArgumentException().isThrownBy(() -> RecordsAnswer.page(body));
    }

    private static byte[] whole() {
        Cbor body = new Cbor().map(4).text("Records").list(2);
        record(body, "k\u00e4y", new byte[] {0, -1, 7});
        record(body, "k", new byte[0]);
        return body.text("NextShardIterator")
                .text("AAAAAAAAAAE=")
                .text("MillisBehindLatest")
                .number(70_000)
                .text("ChildShards")
                .list(0)
                .toBytes();
    }

    private static void record(Cbor body, String key, byte[] data) {
        body.map(4)
                .text("SequenceNumber")
                .text(NUMBER)
                .text("ApproximateArrivalTimestamp")
                .hex("c1")
                .number(ARRIVAL.toEpochMilli())
                .text("Data")
                .bytes(data)
                .text("PartitionKey")
                .text(key);
    }
}
