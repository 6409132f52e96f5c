package io.millrace.benchmarks.delivery;

import io.millrace.consumer.Worker;
import io.millrace.consumer.WorkerBuilder;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.consumer.processor.RecordProcessor;
import io.millrace.consumer.processor.ShardContext;
import io.millrace.model.StreamRecord;
import io.millrace.runtime.SystemPlatform;
import java.io.IOException;

/** A worker with all settings at their defaults that counts records. Ends when its standard input does. */
public final class MillraceReader {
    /** Shards are asked for records. */
    static final String POLLING = "polling";

    /** Records come through pipes. */
    static final String FAN_OUT = "fan-out";

    private MillraceReader() {}

    /**
     * Runs one.
     *
     * @param arguments application, stream, and how to read
     */
    public static void main(String[] arguments) throws IOException {
        Tally tally = new Tally(new SystemPlatform().ticker()::nanoTime);
        WorkerBuilder builder =
                Worker.builder().application(arguments[0]).stream(arguments[1]).processor(() -> new Counting(tally));
        if (arguments[2].equals(FAN_OUT)) {
            builder.fanOut();
        }
        try (Worker worker = builder.build()) {
            worker.start();
            tally.answer();
        }
    }

    /** Counts the records of a shard. */
    private record Counting(Tally tally) implements RecordProcessor {
        @Override
        public void initialize(ShardContext shard) {
            tally.shardBegun();
        }

        @Override
        public void processRecords(RecordBatch batch) {
            for (StreamRecord record : batch.records()) {
                tally.processed(record.data().asByteBuffer());
            }
            tally.processed(batch.records().size());
        }
    }
}
