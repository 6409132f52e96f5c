package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.admin.LeaseReset;
import io.millrace.lease.admin.PlanNews;
import io.millrace.lease.decide.Reset;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;

/**
 * People who set anew where a shard is read from, as {@code millrace leases reset --force} does: they look at a lease, take a while,
 * move it forwards or back by a way to the table that has faults too, and ring the news. Whoever takes the lease next begins at the
 * place that was set. One thread.
 */
final class Resets {
    private static final int LONGEST_THOUGHT = 3_000;

    private final LeaseWorld world;
    private final SplittableRandom dice;
    private final Mutation mutation;
    private final Map<LeaseKey, LeaseRow> last = new HashMap<>();
    /** The last reset of each lease that nobody has taken since. */
    private final Map<LeaseKey, LeaseRow> fresh = new HashMap<>();

    private final Map<LeaseKey, Map<Long, Checkpoint>> former = new HashMap<>();
    private final Set<LeaseKey> rewound = new HashSet<>();
    private int underWay;

    Resets(LeaseWorld world, SplittableRandom dice, Mutation mutation) {
        this.world = world;
        this.dice = dice;
        this.mutation = mutation;
    }

    SplittableRandom dice() {
        return dice;
    }

    /**
     * True while somebody is at it, or a lease was reset in the moment in which its parent's row was cleaned up: it waits for the
     * leader's next look at the shards then, if anybody reads the stream.
     */
    boolean areUnderWay() {
        return underWay > 0 || last.keySet().stream().anyMatch(this::waitsForOneThatIsGone);
    }

    private boolean waitsForOneThatIsGone(LeaseKey key) {
        LeaseRow row = world.row(key);
        return row != null
                && world.living().stream().anyMatch(worker -> worker.reads(key.stream()))
                && row.isNotStarted()
                && row.lineage().parents().stream()
                        .map(parent -> new LeaseKey(key.stream(), parent))
                        .anyMatch(parent -> world.row(parent) == null && world.table.wasDeleted(parent));
    }

    /** True if the shard was read to its end, and shall be read again. */
    boolean hasRewound(LeaseKey key) {
        return rewound.contains(key);
    }

    /** True if the lease was saved up to {@code told} under {@code epoch}, or stood beyond that later, before it was reset. */
    boolean wasSaved(LeaseKey key, long epoch, Checkpoint told) {
        return former.getOrDefault(key, Map.of()).entrySet().stream()
                .anyMatch(before -> before.getKey() >= epoch && !told.isAfter(before.getValue()));
    }

    /** True if the lease was at {@code place} or beyond before it was reset. */
    boolean wasAt(LeaseKey key, Checkpoint place) {
        return former.getOrDefault(key, Map.of()).values().stream().anyMatch(before -> !place.isAfter(before));
    }

    /** Somebody looks at one of the leases that are not finished. */
    void begin() {
        List<LeaseRow> leases = world.table.listLeases().join().stream()
                .filter(lease -> !lease.isFinished())
                .toList();
        if (leases.isEmpty() || !world.hasFaults()) {
            return;
        }
        LeaseRow seen = leases.get(dice.nextInt(leases.size()));
        underWay++;
        world.sim.at(Duration.ofMillis(dice.nextInt(LONGEST_THOUGHT)), () -> reset(seen));
    }

    private void reset(LeaseRow seen) {
        Checkpoint target = target(seen);
        LeaseTable checked = world.table.byHand((before, after) -> check(before, after, target));
        FaultyTable faulty =
                new FaultyTable(world.sim, mutation.resettingHand(checked), dice.split(), world.hasFaults());
        faulty.letClientsTryAgain();
        LeaseTable way = new PatientTable(faulty, world.sim);
        CompletableFuture<Void> told = new LeaseReset(way, Set.of())
                .run(
                        seen.movedTo(
                                target,
                                Reset.place(seen, world.table.listLeases().join())),
                        Optional.of(seen))
                .thenCompose(outcome -> PlanNews.ring(way, "leases reset"));
        world.onceKnown(told, () -> underWay--);
    }

    /** A shard that is not begun stays so, for a checkpoint in it would let it begin before its parents' ends. */
    private Checkpoint target(LeaseRow seen) {
        Duration now = world.sim.elapsed();
        return switch (dice.nextInt(seen.isNotStarted() ? 2 : 4)) {
            case 0 -> Checkpoint.notStarted(Position.trimHorizon());
            case 1 ->
                Checkpoint.notStarted(
                        new Position.AtTimestamp(world.sim.clock().instant().minusMillis(dice.nextInt(10_000))));
            default ->
                Checkpoint.processed(new RecordPosition(
                        SequenceNumber.ZERO,
                        Math.max(0, now.plusMillis(dice.nextInt(-10_000, 1_000)).toNanos())));
        };
    }

    /** Nothing but the place is changed; what becomes of owners is for the rest of the world to show. */
    private void check(LeaseRow before, LeaseRow after, Checkpoint target) {
        assertThat(after.checkpoint()).as("checkpoint by hand of %s", before).isEqualTo(target);
        assertThat(after.lineage().hashKeyRange()).isEqualTo(before.lineage().hashKeyRange());
        last.put(after.key(), after);
        fresh.put(after.key(), after);
        former.computeIfAbsent(after.key(), unknown -> new HashMap<>())
                .merge(before.epoch(), before.checkpoint(), (one, other) -> other.isAfter(one) ? other : one);
        if (before.isFinished()) {
            rewound.add(after.key());
        }
    }

    /** A worker has taken {@code lease}. */
    void checkTaken(HeldLease lease) {
        LeaseRow reset = fresh.get(lease.key());
        if (reset != null && lease.epoch() >= reset.epoch()) {
            // The owner that stayed named goes on under the epoch of the reset, others under the next one.
            fresh.remove(lease.key());
            if (!wasSkipped(reset)) {
                assertThat(lease.checkpoint())
                        .as("place at which %s goes on after a reset", lease)
                        .isEqualTo(reset.checkpoint());
            }
        }
    }

    /** True if somebody has skipped records of the lease since. */
    private boolean wasSkipped(LeaseRow reset) {
        LeaseRow row = world.row(reset.key());
        return row != null && !row.notes().skips().equals(reset.notes().skips());
    }
}
