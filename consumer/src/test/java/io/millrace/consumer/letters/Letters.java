package io.millrace.consumer.letters;

import io.millrace.model.Bytes;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import java.time.Instant;

/** Letters for tests. */
final class Letters {
    static final StreamName ORDERS = new StreamName("orders");
    static final Instant ARRIVAL = Instant.parse("2026-11-21T08:30:00.123Z");
    static final Instant FAILED_AT = Instant.parse("2026-11-21T08:31:07.000000009Z");

    private Letters() {}

    /** The letter of the {@code index}-th record of shard 0. */
    static Letter letter(int index, String key, Bytes data) {
        return letter(0, index, key, data);
    }

    static Letter letter(int shard, int index, String key, Bytes data) {
        StreamRecord record = new StreamRecord(
                new RecordPosition(SequenceNumber.of(1_700_000_000, shard, index, 1_700_000_000), 0),
                key,
                data,
                ARRIVAL);
        return new Letter(
                "dashboard", ORDERS, ShardId.of(shard), 7, record, 3, "java.lang.Error at A.b(A.java:1)", FAILED_AT);
    }
}
