package io.millrace.consumer;

import static java.util.Objects.requireNonNull;

import io.millrace.consumer.health.WorkerHealth;
import io.millrace.lease.LeaseKey;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Something that happened to a worker as a whole, to one of its streams or to one of its leases; for tools and tests. */
public sealed interface WorkerEvent {
    /** When, on the worker's wall clock. */
    Instant time();

    /**
     * The worker takes part: it may be given leases from now on.
     *
     * @param time when
     * @param worker its name
     */
    record Started(Instant time, String worker) implements WorkerEvent {
        /** Checks the parts. */
        public Started {
            requireNonNull(time, "time");
            requireNonNull(worker, "worker");
        }
    }

    /**
     * A shard is ours.
     *
     * @param time when
     * @param stream its stream
     * @param shard the shard
     * @param epoch the fencing number of this ownership
     */
    record LeaseTaken(Instant time, StreamName stream, ShardId shard, long epoch) implements WorkerEvent {
        /** Checks the parts. */
        public LeaseTaken {
            requireNonNull(time, "time");
            requireNonNull(stream, "stream");
            requireNonNull(shard, "shard");
        }
    }

    /**
     * A shard is no longer ours, though it has not ended.
     *
     * @param time when
     * @param stream its stream
     * @param shard the shard
     * @param epoch the fencing number of the ownership that is over
     * @param released true when it was given back at a batch's end; false when it was lost without our doing
     * @param reason one line
     */
    record LeaseLost(Instant time, StreamName stream, ShardId shard, long epoch, boolean released, String reason)
            implements WorkerEvent {
        /** Checks the parts. */
        public LeaseLost {
            requireNonNull(time, "time");
            requireNonNull(stream, "stream");
            requireNonNull(shard, "shard");
            requireNonNull(reason, "reason");
        }
    }

    /**
     * A closed shard is processed to its end and marked so.
     *
     * @param time when
     * @param stream its stream
     * @param shard the shard
     * @param epoch the fencing number of the ownership that ended it
     * @param children what follows it
     */
    record ShardEnded(Instant time, StreamName stream, ShardId shard, long epoch, List<ShardId> children)
            implements WorkerEvent {
        /** Checks the parts and copies the list. */
        public ShardEnded {
            requireNonNull(time, "time");
            requireNonNull(stream, "stream");
            requireNonNull(shard, "shard");
            children = List.copyOf(children);
        }
    }

    /**
     * An error in the worker itself ended a shard's consumer. Its lease is given back at what is processed, and the shard is
     * begun again, here after a pause or by another worker.
     *
     * @param time when
     * @param stream its stream
     * @param shard the shard
     * @param epoch the fencing number of the ownership
     * @param reason one line without payload
     */
    record ConsumerFailed(Instant time, StreamName stream, ShardId shard, long epoch, String reason)
            implements WorkerEvent {
        /** Checks the parts. */
        public ConsumerFailed {
            requireNonNull(time, "time");
            requireNonNull(stream, "stream");
            requireNonNull(shard, "shard");
            requireNonNull(reason, "reason");
        }
    }

    /**
     * Retention took a part of a shard before it was read: whatever arrived after the last record read, or since the shard
     * was opened if nobody had read any of it, until the oldest record that is kept, where reading goes on. Whether there
     * was anything in between nobody can tell any more.
     *
     * @param time when this was found out
     * @param stream its stream
     * @param shard the shard
     * @param fromOrNull when the last record read had arrived, or the shard was opened, to the second; absent where nobody
     *     knows
     * @param untilOrNull when the oldest record had arrived that is kept; absent when none of the shard is kept
     */
    record RecordsExpired(
            Instant time,
            StreamName stream,
            ShardId shard,
            @Nullable Instant fromOrNull,
            @Nullable Instant untilOrNull) implements WorkerEvent {
        /** Checks the parts. */
        public RecordsExpired {
            requireNonNull(time, "time");
            requireNonNull(stream, "stream");
            requireNonNull(shard, "shard");
        }

        /** When the last record read had arrived, or the shard was opened, where that is known. */
        public Optional<Instant> from() {
            return Optional.ofNullable(fromOrNull);
        }

        /** When the oldest record had arrived that is kept; empty when none of the shard is kept. */
        public Optional<Instant> until() {
            return Optional.ofNullable(untilOrNull);
        }
    }

    /**
     * A shard has waited for one thing for longer than {@link WorkerBuilder#stuckAfter} says: mostly a call of the user's
     * code that does not return. Told once for each such wait; {@link WorkerHealth} shows it for as long as it lasts.
     *
     * @param time when this was noticed
     * @param stream its stream
     * @param shard the shard
     * @param epoch the fencing number of the ownership that waits
     * @param waitsFor the call, such as {@code processRecords}, or what else is awaited
     * @param since when the wait began
     * @param stack where the user's code is, innermost frame first; empty when no call of it is running
     */
    record ShardStuck(
            Instant time,
            StreamName stream,
            ShardId shard,
            long epoch,
            String waitsFor,
            Instant since,
            List<String> stack)
            implements WorkerEvent {
        /** Checks the parts and copies the list. */
        public ShardStuck {
            requireNonNull(time, "time");
            requireNonNull(stream, "stream");
            requireNonNull(shard, "shard");
            requireNonNull(waitsFor, "waitsFor");
            requireNonNull(since, "since");
            stack = List.copyOf(stack);
        }
    }

    /**
     * A stream was deleted, or is another one under the same name: this worker reads it no more. It goes on with its
     * other streams; without any it ends.
     *
     * @param time when
     * @param stream the stream
     * @param reason one line
     */
    record StreamGone(Instant time, StreamName stream, String reason) implements WorkerEvent {
        /** Checks the parts. */
        public StreamGone {
            requireNonNull(time, "time");
            requireNonNull(stream, "stream");
            requireNonNull(reason, "reason");
        }
    }

    /**
     * The worker has ended.
     *
     * @param time when
     * @param worker its name
     * @param stillHeld shards that it could not give back before the deadline; others take them by force
     * @param failureOrNull why it ended without being closed, such as a stream that was deleted, in one line
     */
    record Stopped(
            Instant time,
            String worker,
            List<LeaseKey> stillHeld,
            @Nullable String failureOrNull) implements WorkerEvent {
        /** Checks the parts and copies the list. */
        public Stopped {
            requireNonNull(time, "time");
            requireNonNull(worker, "worker");
            stillHeld = List.copyOf(stillHeld);
        }

        /** Why it ended without being closed, if it did. */
        public Optional<String> failure() {
            return Optional.ofNullable(failureOrNull);
        }
    }
}
