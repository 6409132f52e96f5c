package io.millrace.consumer.health;

import static java.util.Objects.requireNonNull;

import io.millrace.model.RecordPosition;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a worker is, at one moment.
 *
 * @param running true from a successful start until closing begins
 * @param member true while heartbeats in the lease table prove that the worker takes part; false while the table does not
 *     answer for longer than the worker may go on without it, and after others have declared the worker dead, until it has
 *     joined again
 * @param shards what it holds, in the order of streams and shards; a shard is named twice while a call of an ownership
 *     that was lost still runs
 */
public record WorkerHealth(boolean running, boolean member, List<ShardHealth> shards) {
    private static final Comparator<ShardHealth> ORDER = Comparator.comparing(ShardHealth::stream)
            .thenComparing(ShardHealth::shard)
            .thenComparing(ShardHealth::epoch);

    /** Copies the list, in order. */
    public WorkerHealth {
        shards = shards.stream().sorted(ORDER).toList();
    }

    /** True when the worker runs and takes part, and no shard is failing or stuck. */
    public boolean healthy() {
        return running && member && shards.stream().noneMatch(shard -> shard.isFailing() || shard.isStuck());
    }

    /**
     * How one shard is.
     *
     * @param stream its stream
     * @param shard the shard
     * @param epoch the fencing number of the ownership
     * @param state what it is doing
     * @param millisBehindLatest how old the oldest record is that was not processed, by the service's times; 0 when caught
     *     up. It grows while reads or the user's code fail or do not return
     * @param failingOrNull what fails
     * @param stuckOrNull what the shard has waited for too long
     * @param progress how it gets on
     */
    public record ShardHealth(
            StreamName stream,
            ShardId shard,
            long epoch,
            ShardPhase state,
            long millisBehindLatest,
            @Nullable Failing failingOrNull,
            @Nullable Stuck stuckOrNull,
            Pace progress) {
        /** True while the last try to read or process failed. */
        public boolean isFailing() {
            return failingOrNull != null;
        }

        /** True while one call takes longer than {@code WorkerBuilder.stuckAfter} says. */
        public boolean isStuck() {
            return stuckOrNull != null;
        }

        /** What the shard has waited for too long, if it has. */
        public Optional<Stuck> stuck() {
            return Optional.ofNullable(stuckOrNull);
        }

        /** The failure, if there is one: its kind, since when and how often. */
        public Optional<Failing> failing() {
            return Optional.ofNullable(failingOrNull);
        }

        /** Since when the shard fails, if it does. */
        public Optional<Instant> failingSince() {
            return failing().map(Failing::since);
        }

        /** The failure in words, if there is one. */
        public Optional<String> failure() {
            return failing().map(Failing::what);
        }
    }

    /**
     * Something that fails, without a success since.
     *
     * @param since when it began
     * @param what in one line without payload: the class of what was thrown and the user's frames, or why a read fails
     * @param times how often in a row
     * @param batchOrNull the records that the processor throws at; absent when something else fails
     */
    public record Failing(
            Instant since, String what, int times, @Nullable FailingBatch batchOrNull) {
        /** Checks the parts. */
        public Failing {
            requireNonNull(since, "since");
            requireNonNull(what, "what");
            if (times < 1) {
                throw new IllegalArgumentException("what fails has failed once at least, not " + times + " times");
            }
        }

        /** The records that the processor throws at, if it throws at some. */
        public Optional<FailingBatch> batch() {
            return Optional.ofNullable(batchOrNull);
        }
    }

    /**
     * Records that the processor was given and threw at. One of them is the cause, or none.
     *
     * @param first the first of them
     * @param last the last of them
     * @param records how many they are, at least 1
     */
    public record FailingBatch(RecordPosition first, RecordPosition last, int records) {
        /** Checks the parts. */
        public FailingBatch {
            if (records < 1 || first.compareTo(last) > 0) {
                throw new IllegalArgumentException("no batch: " + records + " records from " + first + " to " + last);
            }
        }
    }

    /**
     * How a shard gets on.
     *
     * @param checkpointedAtOrNull when the checkpoint was last moved, on the wall clock of the worker that moved it; absent if
     *     that is not known
     * @param processing for how long the processor had records in hand in this ownership, waits between two tries included
     * @param waitOrNull the call that has been running for longer than a few seconds, or what else is awaited so long
     */
    public record Pace(
            @Nullable Instant checkpointedAtOrNull,
            Duration processing,
            @Nullable Stuck waitOrNull) {
        /** Nothing is known yet. */
        public static final Pace NONE = new Pace(null, Duration.ZERO, null);

        /** Checks the part. */
        public Pace {
            requireNonNull(processing, "processing");
        }

        /** When the checkpoint was last moved, if that is known. */
        public Optional<Instant> checkpointedAt() {
            return Optional.ofNullable(checkpointedAtOrNull);
        }

        /** The wait that lasts longer than a few seconds, if there is one. */
        public Optional<Stuck> longWait() {
            return Optional.ofNullable(waitOrNull);
        }
    }

    /**
     * A wait that takes long, or too long.
     *
     * @param waitsFor the call that has not returned, such as {@code processRecords}, or what else is awaited
     * @param since when the wait began, on the worker's wall clock
     * @param stack where the user's code is, innermost frame first; empty when no call of it is running
     */
    public record Stuck(String waitsFor, Instant since, List<String> stack) {
        /** Checks the parts and copies the list. */
        public Stuck {
            requireNonNull(waitsFor, "waitsFor");
            requireNonNull(since, "since");
            stack = List.copyOf(stack);
        }
    }
}
