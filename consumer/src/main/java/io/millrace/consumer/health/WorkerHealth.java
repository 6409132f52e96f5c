package io.millrace.consumer.health;

import static java.util.Objects.requireNonNull;

import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.time.Instant;
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
    /** Copies the list. */
    public WorkerHealth {
        shards = List.copyOf(shards);
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
     * @param failingSinceOrNull since when reading or processing fails without a success in between
     * @param failureOrNull what fails, in one line without payload
     * @param stuckOrNull what the shard has waited for too long
     */
    public record ShardHealth(
            StreamName stream,
            ShardId shard,
            long epoch,
            ShardPhase state,
            long millisBehindLatest,
            @Nullable Instant failingSinceOrNull,
            @Nullable String failureOrNull,
            @Nullable Stuck stuckOrNull) {
        /** True while the last try to read or process failed. */
        public boolean isFailing() {
            return failingSinceOrNull != null;
        }

        /** True while one call takes longer than {@code WorkerBuilder.stuckAfter} says. */
        public boolean isStuck() {
            return stuckOrNull != null;
        }

        /** What the shard has waited for too long, if it has. */
        public Optional<Stuck> stuck() {
            return Optional.ofNullable(stuckOrNull);
        }

        /** Since when the shard fails, if it does. */
        public Optional<Instant> failingSince() {
            return Optional.ofNullable(failingSinceOrNull);
        }

        /** What fails, if anything does. */
        public Optional<String> failure() {
            return Optional.ofNullable(failureOrNull);
        }
    }

    /**
     * A wait that takes too long.
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
