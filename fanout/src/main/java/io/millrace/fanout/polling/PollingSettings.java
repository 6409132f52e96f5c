package io.millrace.fanout.polling;

import static java.util.Objects.requireNonNull;

import io.millrace.model.aggregate.Aggregates;
import io.millrace.runtime.Backoff;
import java.time.Duration;

/**
 * How polling goes about it.
 *
 * @param minTimeBetweenReads reads of one shard begin at least this far apart; the service allows five a second and shard
 *     (GetRecords, Kinesis API) for all who read it
 * @param idleTime how far apart at most reads of a shard begin that has nothing new
 * @param maxRecordsPerBatch how many records are given out at once, 1 to 10,000
 * @param readAhead how many bytes of the heap a shard may hold, and all shards together. Reads ask for as many records as there is
 *     room for by what the last ones weighed; a shard that holds nothing may read 64 KiB whatever room there is, and at least one
 *     record
 * @param retry how long to wait after a failure
 * @param callTimeout how long to wait for an answer
 * @param aggregates what becomes of the aggregates of the Kinesis Producer Library
 */
public record PollingSettings(
        Duration minTimeBetweenReads,
        Duration idleTime,
        int maxRecordsPerBatch,
        ReadAhead readAhead,
        Backoff retry,
        Duration callTimeout,
        Aggregates aggregates) {
    /**
     * Five reads a second, 250 ms at the tip, 1,000 records a batch, 4 MiB of the heap ahead per shard and 64 MiB in all; aggregates are
     * split.
     */
    public static final PollingSettings DEFAULT = new PollingSettings(
            Duration.ofMillis(200),
            Duration.ofMillis(250),
            1_000,
            new ReadAhead(4 << 20, 64 << 20),
            new Backoff(Duration.ofMillis(200), Duration.ofSeconds(5)),
            Duration.ofSeconds(30),
            Aggregates.SPLIT);

    /** Checks the parts. */
    public PollingSettings {
        requireNonNull(readAhead, "readAhead");
        requireNonNull(retry, "retry");
        requireNonNull(callTimeout, "callTimeout");
        requireNonNull(aggregates, "aggregates");
        if (minTimeBetweenReads.isNegative() || idleTime.compareTo(minTimeBetweenReads) < 0) {
            throw new IllegalArgumentException("polling needs 0 <= minTimeBetweenReads <= idleTime, not "
                    + minTimeBetweenReads + " and " + idleTime);
        }
        if (maxRecordsPerBatch < 1 || maxRecordsPerBatch > 10_000) {
            throw new IllegalArgumentException("maxRecordsPerBatch is 1 to 10,000, not " + maxRecordsPerBatch);
        }
    }

    /** The same with another idle time; reads at the tip come no further apart than it says. */
    public PollingSettings withIdleTime(Duration time) {
        Duration least = time.compareTo(minTimeBetweenReads) < 0 ? time : minTimeBetweenReads;
        return new PollingSettings(least, time, maxRecordsPerBatch, readAhead, retry, callTimeout, aggregates);
    }

    /** The same with batches of at most {@code records}. */
    public PollingSettings withMaxRecordsPerBatch(int records) {
        return new PollingSettings(minTimeBetweenReads, idleTime, records, readAhead, retry, callTimeout, aggregates);
    }

    /** The same with other bounds of what is held. */
    public PollingSettings withReadAhead(long bytesPerShard, long bytesInAll) {
        return new PollingSettings(
                minTimeBetweenReads,
                idleTime,
                maxRecordsPerBatch,
                new ReadAhead(bytesPerShard, bytesInAll),
                retry,
                callTimeout,
                aggregates);
    }

    /** The same with another way with aggregates. */
    public PollingSettings withAggregates(Aggregates way) {
        return new PollingSettings(
                minTimeBetweenReads, idleTime, maxRecordsPerBatch, readAhead, retry, callTimeout, way);
    }

    /**
     * How much may be held.
     *
     * @param bytesPerShard by one shard
     * @param bytesInAll by all shards of the worker
     */
    public record ReadAhead(long bytesPerShard, long bytesInAll) {
        /** Checks the bounds. */
        public ReadAhead {
            if (bytesPerShard < 1 || bytesInAll < bytesPerShard) {
                throw new IllegalArgumentException("read-ahead needs 1 <= bytesPerShard <= bytesInAll, not "
                        + bytesPerShard + " and " + bytesInAll);
            }
        }
    }
}
