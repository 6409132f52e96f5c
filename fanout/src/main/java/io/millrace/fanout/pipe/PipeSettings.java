package io.millrace.fanout.pipe;

import io.millrace.model.aggregate.Aggregates;
import java.time.Duration;

/**
 * How a pipe is held.
 *
 * @param bufferBytes the source asks for no more events while it holds so many bytes of the heap that were not released, or, if it holds
 *     any, while the budget of all sources has no room
 * @param maxRecordsPerBatch the most records of a batch
 * @param bridgeAfter the shard is polled once the pipe is not open for so long while records are wanted
 * @param parkAfter the pipe is cancelled once nobody asks for records for so long
 * @param silence a pipe that was asked and brings no event for so long is taken for broken; the service sends one at least
 *     every few seconds
 * @param continuationLife a continuation that is older is not used any more: retention may have passed it
 * @param aggregates what becomes of the aggregates of the Kinesis Producer Library
 */
public record PipeSettings(
        long bufferBytes,
        int maxRecordsPerBatch,
        Duration bridgeAfter,
        Duration parkAfter,
        Duration silence,
        Duration continuationLife,
        Aggregates aggregates) {
    /** The service accepts another subscription of a consumer to a shard so long after the one before (Kinesis API). */
    static final Duration SERVICE_RULE = Duration.ofSeconds(5);

    /** The service ends a subscription after so long (Kinesis API). */
    static final Duration SERVICE_LIFE = Duration.ofMinutes(5);

    /** The defaults: 1 MiB, 10,000 records, 500 ms, 5 s, 15 s and one minute; aggregates are split. */
    public static final PipeSettings DEFAULT = new PipeSettings(
            1 << 20,
            10_000,
            Duration.ofMillis(500),
            Duration.ofSeconds(5),
            Duration.ofSeconds(15),
            Duration.ofMinutes(1),
            Aggregates.SPLIT);

    /** The same with other batches. */
    public PipeSettings withMaxRecordsPerBatch(int records) {
        return new PipeSettings(bufferBytes, records, bridgeAfter, parkAfter, silence, continuationLife, aggregates);
    }

    /** The same with another way with aggregates. */
    public PipeSettings withAggregates(Aggregates way) {
        return new PipeSettings(
                bufferBytes, maxRecordsPerBatch, bridgeAfter, parkAfter, silence, continuationLife, way);
    }
}
