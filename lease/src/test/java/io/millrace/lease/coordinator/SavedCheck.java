package io.millrace.lease.coordinator;

import io.millrace.lease.CheckpointOutcome;
import io.millrace.lease.HeldLease;
import io.millrace.lease.table.Entity;
import io.millrace.lease.table.LeaseRow;
import io.millrace.model.Checkpoint;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Holds leases to what {@link HeldLease#saved} promises: the table holds a checkpoint that is said to be saved, a lease that is
 * said to be lost is not valid, and an answer comes. One thread.
 */
final class SavedCheck {
    /** A checkpoint waits for its turn at a table that takes few writes. */
    private static final Duration LONGEST_WRITE = LeaseWorld.FAILOVER;

    private final LeaseWorld world;
    private final CheckedTable table;
    private final Set<Question> open = new LinkedHashSet<>();

    /** What a lease was told at a moment of the world, and has not answered yet. */
    private record Question(SimHost host, HeldLease lease, Checkpoint told, Duration at) {}

    SavedCheck(LeaseWorld world, CheckedTable table) {
        this.world = world;
        this.table = table;
    }

    /** Tells {@code lease} of {@code host} that its shard is processed up to {@code told}. */
    void tell(SimHost host, HeldLease lease, Checkpoint told, Duration now) {
        Question question = new Question(host, lease, told, now);
        open.add(question);
        lease.progress(told);
        CompletableFuture<CheckpointOutcome> unused = lease.saved(told).whenComplete((outcome, error) -> {
            open.remove(question);
            if (error != null || !isTrue(question, outcome)) {
                world.fail(new AssertionError(
                        lease + " was told " + told + " and says " + (error == null ? outcome : error)
                                + " while the table holds " + table.lease(Entity.lease(lease.key()))));
            }
        });
    }

    private boolean isTrue(Question question, CheckpointOutcome outcome) {
        if (outcome == CheckpointOutcome.LEASE_LOST) {
            return !question.lease.isValid();
        }
        LeaseRow row = table.lease(Entity.lease(question.lease.key())).orElse(null);
        return row == null
                ? table.wasDeleted(question.lease.key())
                : !question.told.isAfter(row.checkpoint())
                        || world.resets.wasSaved(question.lease.key(), question.lease.epoch(), question.told);
    }

    /** Fails if a machine that runs owes an answer that should have come by {@code now}. */
    void checkAnswers(Duration now) {
        for (Question question : open) {
            boolean isLate = now.minus(question.at).compareTo(LONGEST_WRITE) > 0;
            if (isLate && !question.host.isCrashed() && !question.host.isPaused()) {
                throw new AssertionError(question.lease + " was told " + question.told + " at " + question.at
                        + " and has not answered by " + now);
            }
        }
    }
}
