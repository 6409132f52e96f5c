package io.millrace.consumer;

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
 * @param shards what it holds, in the order of streams and shards
 */
public record WorkerHealth(boolean running, List<ShardHealth> shards) {
    /** Copies the list. */
    public WorkerHealth {
        shards = List.copyOf(shards);
    }

    /** True when the worker runs and no shard is failing. */
    public boolean healthy() {
        return running && shards.stream().noneMatch(ShardHealth::isFailing);
    }

    /**
     * How one shard is.
     *
     * @param stream its stream
     * @param shard the shard
     * @param epoch the fencing number of the ownership
     * @param state what it is doing
     * @param millisBehindLatest how far behind the tip the last records read were; -1 before the first read
     * @param failingSinceOrNull since when reading or processing fails without a success in between
     * @param failureOrNull what fails, in one line without payload
     */
    public record ShardHealth(
            StreamName stream,
            ShardId shard,
            long epoch,
            ConsumerState state,
            long millisBehindLatest,
            @Nullable Instant failingSinceOrNull,
            @Nullable String failureOrNull) {
        /** True while the last try to read or process failed. */
        public boolean isFailing() {
            return failingSinceOrNull != null;
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
}
