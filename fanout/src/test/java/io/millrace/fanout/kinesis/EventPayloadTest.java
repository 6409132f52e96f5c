package io.millrace.fanout.kinesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.Bytes;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamRecord;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventPayloadTest {
    private static final String NUMBER = "49590338271490256608559692538361571095921575989136588898";
    private static final String WHOLE = ("{'ContinuationSequenceNumber':'" + NUMBER
                    + "','MillisBehindLatest':1700,'Records':["
                    + "{'SequenceNumber':'" + NUMBER + "','ApproximateArrivalTimestamp':1795000000.123,'Data':'AP8H',"
                    + "'PartitionKey':'k\u00e4y'},"
                    + "{'SequenceNumber':'" + NUMBER + "','ApproximateArrivalTimestamp':1795000000.123,'Data':'',"
                    + "'PartitionKey':'a\\u0022\\\\\\n\u00e4\\ud83d\\ude80','EncryptionType':'KMS'}]}")
            .replace('\'', '"');

    @Test
    void eventIsReadInTheFormThatServersWrite() {
        SubscriptionEvent event = read(WHOLE);
        assertThat(event.continuation()).isEqualTo(SequenceNumber.parse(NUMBER));
        assertThat(event.millisBehindLatest()).isEqualTo(1_700);
        assertThat(event.children()).isEmpty();
        assertThat(event.records())
                .extracting(StreamRecord::partitionKey)
                .containsExactly("k\u00e4y", "a\"\\\n\u00e4\ud83d\ude80");
        assertThat(event.records())
                .extracting(StreamRecord::data)
                .containsExactly(Bytes.wrap(new byte[] {0, -1, 7}), Bytes.empty());
        assertThat(event.records())
                .allSatisfy(record -> assertThat(record.arrival()).isEqualTo(Instant.ofEpochMilli(1_795_000_000_123L)));
    }

    @Test
    void endOfAShardNamesItsChildren() {
        SubscriptionEvent event = read("""
                { "MillisBehindLatest" : 0 , "Records" : [ ] , "ContinuationSequenceNumber" : null, "Newer": {"a": [1, -2.5e3, true,
                 false, null, "x"]}, "ChildShards": [ {"ShardId": "shardId-000000000001", "ParentShards": ["shardId-000000000000"],
                 "HashKeyRange": {"StartingHashKey": "0", "EndingHashKey": "17", "Newer": 1}, "Newer": []} ] }
                """);
        assertThat(event.continuation()).isNull();
        assertThat(event.children()).hasSize(1).allSatisfy(child -> {
            assertThat(child.id()).isEqualTo(ShardId.of(1));
            assertThat(child.parents()).isEqualTo(List.of(ShardId.of(0)));
            assertThat(child.hashKeyRange().end()).hasToString("17");
        });
    }

    @ParameterizedTest
    @CsvSource({
        "1795000000.123, 1795000000123",
        "1795000000.1, 1795000000100",
        "1795000000, 1795000000000",
        "1795000000., 1795000000000",
        "1.795000000123E9, 1795000000123",
        "1795000000.1236, 1795000000124",
        "0.001, 1",
        "-0.5, -500"
    })
    void momentsAreReadInEveryForm(String written, long millis) {
        SubscriptionEvent event = read(WHOLE.replace("1795000000.123", written));
        assertThat(event.records().get(0).arrival()).isEqualTo(Instant.ofEpochMilli(millis));
    }

    @Test
    void textThatEndsAnywhereIsRefused() {
        for (int length = 0; length < WHOLE.length(); length++) {
            String cut = WHOLE.substring(0, length);
            assertThatThrownBy(() -> read(cut)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "{\"Records\":{}}",
                "{\"Records\":[{}]}",
                "{\"Records\":[,]}",
                "{\"MillisBehindLatest\":1e99999999}",
                "{\"MillisBehindLatest\":99999999999999999999}",
                "{\"MillisBehindLatest\":.}",
                "{\"MillisBehindLatest\":1,}",
                "{\"ContinuationSequenceNumber\":\"x\"}",
                "{\"a\":tru}",
                "{\"Records\":[{\"Data\":\"A\"}]}",
                "{\"Records\":[{\"PartitionKey\":\"\\u12\"}]}",
                "{\"Records\":[{\"PartitionKey\":\"\\x\"}]}",
                "{\"Records\":[{\"PartitionKey\":\"\n\"}]}"
            })
    void whatIsNoEventIsRefused(String json) {
        assertThatIllegalArgumentException().isThrownBy(() -> read(json));
    }

    @Test
    void nestingHasABound() {
        String deep = "{\"a\":" + "[".repeat(100_000) + "}";
        assertThatIllegalArgumentException().isThrownBy(() -> read(deep)).withMessageContaining("levels");
    }

    private static SubscriptionEvent read(String json) {
        byte[] bytes = (" " + json + " ").getBytes(StandardCharsets.UTF_8);
        return EventPayload.read(new JsonReader(bytes, 1, bytes.length - 1));
    }
}
