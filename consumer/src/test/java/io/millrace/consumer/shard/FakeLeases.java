package io.millrace.consumer.shard;

import io.millrace.lease.CheckpointOutcome;
import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseKey;
import io.millrace.model.Checkpoint;
import io.millrace.model.ChildShard;
import io.millrace.model.PendingCheckpoint;
import io.millrace.model.Position;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Leases without a coordinator: the test decides who holds them. Writes take time and are fenced by the epoch. */
final class FakeLeases {
    private final Simulation sim;
    private final StreamName stream;
    final TreeMap<ShardId, Row> rows = new TreeMap<>();
    /** Counts over all shards, so that an epoch names an ownership. */
    private long epochs;
    /** Counts for each shard, as the table does. */
    boolean epochsOfShards;

    FakeLeases(Simulation sim, StreamName stream) {
        this.sim = sim;
        this.stream = stream;
    }

    Row row(ShardId shard) {
        return rows.computeIfAbsent(shard, Row::new);
    }

    /** Takes a lease, by force if someone holds it; the one before finds out later. */
    Fake take(ShardId shard) {
        Row row = row(shard);
        row.epoch = epochsOfShards ? row.epoch + 1 : ++epochs;
        Fake lease = new Fake(row, row.epoch, row.checkpoint);
        row.holder = lease;
        return lease;
    }

    static final class Row {
        final ShardId shard;
        Checkpoint checkpoint = Checkpoint.notStarted(Position.trimHorizon());
        long epoch;

        @Nullable
        Fake holder;

        @Nullable
        PendingCheckpoint pending;

        List<ChildShard> children = List.of();
        List<ShardId> parents = List.of();

        Row(ShardId shard) {
            this.shard = shard;
        }
    }

    final class Fake implements HeldLease {
        final Row row;
        private final long epoch;
        private final Checkpoint start;
        private Checkpoint asked;
        private CompletableFuture<CheckpointOutcome> latest =
                CompletableFuture.completedFuture(CheckpointOutcome.SAVED);
        boolean valid = true;

        Fake(Row row, long epoch, Checkpoint start) {
            this.row = row;
            this.epoch = epoch;
            this.start = start;
            this.asked = start;
        }

        @Override
        public LeaseKey key() {
            return new LeaseKey(stream, row.shard);
        }

        @Override
        public long epoch() {
            return epoch;
        }

        @Override
        public Checkpoint checkpoint() {
            return start;
        }

        @Override
        public List<ShardId> parents() {
            return row.parents;
        }

        @Override
        public boolean isValid() {
            return valid;
        }

        @Override
        public void progress(Checkpoint checkpoint) {
            if (asked.isAfter(checkpoint)) {
                throw new IllegalArgumentException(checkpoint + " is behind " + asked);
            }
            asked = checkpoint;
            latest = later(() -> write(checkpoint));
        }

        @Override
        public CompletableFuture<CheckpointOutcome> saved(Checkpoint checkpoint) {
            return latest;
        }

        @Override
        public CompletableFuture<CheckpointOutcome> prepare(PendingCheckpoint prepared) {
            return later(() -> {
                if (row.epoch != epoch) {
                    return CheckpointOutcome.LEASE_LOST;
                }
                row.pending = prepared;
                return CheckpointOutcome.SAVED;
            });
        }

        @Override
        public Optional<PendingCheckpoint> pending() {
            return Optional.ofNullable(row.pending);
        }

        @Override
        public CompletableFuture<CheckpointOutcome> release(Checkpoint last) {
            valid = false;
            return later(() -> {
                CheckpointOutcome outcome = write(last);
                if (row.holder == this) {
                    row.holder = null;
                }
                return outcome;
            });
        }

        @Override
        public CompletableFuture<CheckpointOutcome> finish(List<ChildShard> children) {
            valid = false;
            return later(() -> {
                CheckpointOutcome outcome = write(Checkpoint.shardEnd());
                if (outcome == CheckpointOutcome.SAVED) {
                    row.children = children;
                    row.holder = null;
                }
                return outcome;
            });
        }

        private CheckpointOutcome write(Checkpoint checkpoint) {
            if (row.epoch != epoch) {
                return CheckpointOutcome.LEASE_LOST;
            }
            if (checkpoint.isAfter(row.checkpoint)) {
                row.checkpoint = checkpoint;
            }
            PendingCheckpoint prepared = row.pending;
            if (prepared != null && !Checkpoint.processed(prepared.position()).isAfter(row.checkpoint)) {
                row.pending = null;
            }
            return CheckpointOutcome.SAVED;
        }

        private <T> CompletableFuture<T> later(Supplier<@Nullable T> write) {
            CompletableFuture<T> answer = new CompletableFuture<>();
            sim.at(Duration.ofMillis(1 + sim.random().nextInt(10)), () -> {
                T value = write.get();
                sim.at(Duration.ofMillis(1 + sim.random().nextInt(10)), () -> answer.complete(value));
            });
            return answer;
        }
    }
}
