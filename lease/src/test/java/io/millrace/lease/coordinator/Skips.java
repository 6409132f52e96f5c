package io.millrace.lease.coordinator;

import io.millrace.lease.admin.LeaseSkip;
import io.millrace.lease.admin.PlanNews;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.model.Checkpoint;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * People who skip records, as {@code millrace skip} does: they look at a lease, take a while to say yes, skip by a way to the
 * table that has faults too, and ring the news. One thread.
 */
final class Skips {
    private static final int LONGEST_THOUGHT = 3_000;

    private final LeaseWorld world;
    private final SplittableRandom dice;
    private final Mutation mutation;
    private int underWay;

    Skips(LeaseWorld world, SplittableRandom dice, Mutation mutation) {
        this.world = world;
        this.dice = dice;
        this.mutation = mutation;
    }

    SplittableRandom dice() {
        return dice;
    }

    /** True while somebody is at it. */
    boolean areUnderWay() {
        return underWay > 0;
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
        world.sim.at(Duration.ofMillis(dice.nextInt(LONGEST_THOUGHT)), () -> skip(seen));
    }

    private void skip(LeaseRow seen) {
        // Consumers checkpoint the time, so a record of a moment ago may be processed by now, and one of the next
        // moment is not.
        long to = world.sim.elapsed().plusMillis(dice.nextInt(-500, 1_000)).toNanos();
        Checkpoint target = Checkpoint.processed(new RecordPosition(SequenceNumber.ZERO, Math.max(0, to)));
        FaultyTable faulty =
                new FaultyTable(world.sim, mutation.hand(world.table.byHand(target)), dice.split(), world.hasFaults());
        faulty.letClientsTryAgain();
        LeaseTable way = new PatientTable(faulty, world.sim);
        String line = "by hand to " + to;
        CompletableFuture<Void> told = new LeaseSkip(
                        way, target, world.sim.clock().instant(), row -> line)
                .run(seen)
                .thenCompose(outcome -> {
                    check(outcome, target, world.row(seen.key()), line);
                    return PlanNews.ring(way, "records skipped");
                });
        world.onceKnown(told, () -> underWay--);
    }

    /** The command says that the lease is behind the records, or that it cannot tell, or else it has not moved it. */
    private void check(LeaseSkip.Outcome outcome, Checkpoint target, @Nullable LeaseRow row, String line) {
        boolean isTrue = row == null
                || (outcome instanceof LeaseSkip.Outcome.Skipped
                        ? !target.isAfter(row.checkpoint()) || world.resets.wasAt(row.key(), target)
                        : outcome instanceof LeaseSkip.Outcome.Changing
                                || !row.notes().skips().contains(line));
        if (!isTrue) {
            world.fail(new AssertionError("the skip " + line + " says " + outcome + " and the lease is " + row));
        }
    }
}
