package io.millrace.clients.kcl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.millrace.model.Bytes;
import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import io.millrace.model.aggregate.AggregateWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.Test;
import software.amazon.kinesis.retrieval.AggregatorUtil;
import software.amazon.kinesis.retrieval.KinesisClientRecord;

/** Our aggregates in the hands of the Kinesis Client Library. */
class DeaggregationTest {
    private static final HashKeyRange LOWER = HashKeyRange.evenly(2).get(0);

    @Test
    void everyRecordComesWithItsKeysAndItsPlace() {
        AggregateWriter writer = new AggregateWriter(1 << 20);
        List<Tuple> expected = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            HashKey explicit = i % 3 == 0 ? HashKey.ofPartitionKey("explicit-" + i % 7) : null;
            String key = "schlüssel-" + i % 50;
            String data = "x".repeat(i % 300);
            writer.add(key, explicit, Bytes.utf8(data));
            expected.add(tuple(key, explicit == null ? null : explicit.toString(), (long) i, data, true));
        }
        assertThat(read(writer, HashKeyRange.ALL))
                .extracting(
                        KinesisClientRecord::partitionKey,
                        KinesisClientRecord::explicitHashKey,
                        KinesisClientRecord::subSequenceNumber,
                        record -> Bytes.copyOf(record.data()).toUtf8(),
                        KinesisClientRecord::aggregated)
                .containsExactlyElementsOf(expected);
    }

    /** So a producer puts all of such an aggregate once more. */
    @Test
    void aggregateWithARecordOfAnotherShardIsLeftOutWhole() {
        AggregateWriter writer = new AggregateWriter(1_000);
        writer.add("a", LOWER.start(), Bytes.utf8("inside"));
        assertThat(read(writer, LOWER)).hasSize(1);
        writer.add("a", LOWER.start(), Bytes.utf8("inside"));
        writer.add("b", HashKey.MAX, Bytes.utf8("outside"));
        assertThat(read(writer, LOWER)).isEmpty();
    }

    private static List<KinesisClientRecord> read(AggregateWriter writer, HashKeyRange shard) {
        KinesisClientRecord stored = KinesisClientRecord.builder()
                .sequenceNumber("4961234")
                .partitionKey(AggregateWriter.PARTITION_KEY)
                .approximateArrivalTimestamp(Instant.EPOCH)
                .data(writer.finish().asByteBuffer())
                .build();
        return new AggregatorUtil()
                .deaggregate(
                        List.of(stored),
                        shard.start().toBigInteger(),
                        shard.end().toBigInteger());
    }
}
