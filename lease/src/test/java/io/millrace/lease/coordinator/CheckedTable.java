package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.table.Entity;
import io.millrace.lease.table.HealthRow;
import io.millrace.lease.table.InMemoryLeaseTable;
import io.millrace.lease.table.LeaderRow;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.Listing;
import io.millrace.lease.table.Members;
import io.millrace.lease.table.PlanRow;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.UnreadableRow;
import io.millrace.lease.table.WorkerRow;
import io.millrace.lease.table.WriteOutcome;
import io.millrace.model.Checkpoint;
import io.millrace.model.ShardId;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The table that all workers share; checks every change of a lease. One thread. */
final class CheckedTable implements LeaseTable {
    private final InMemoryLeaseTable table = new InMemoryLeaseTable();
    private final Map<String, Integer> calls = new HashMap<>();
    private final Set<LeaseKey> deleted = new HashSet<>();
    private final Map<Entity, Row> damaged = new HashMap<>();
    private final Predicate<LeaseKey> canBeRead;
    private final BeginningCheck beginning;
    /** The write under way is one by hand, which may do to a lease what this lets pass. */
    private @Nullable BiConsumer<LeaseRow, LeaseRow> byHand;

    /** Of what the streams still list no row may go and come again: it would be read twice. */
    CheckedTable(FakeStreams streams, InstantSource clock) {
        this.canBeRead = streams::isListed;
        this.beginning = new BeginningCheck(streams, clock);
    }

    /** The table for somebody who moves a lease to {@code target}, and may do nothing else to it. */
    LeaseTable byHand(Checkpoint target) {
        return byHand((before, after) -> checkByHand(before, after, target));
    }

    /** The table for somebody who may do to a lease what {@code check}, which gets it as it was and as it is, lets pass. */
    LeaseTable byHand(BiConsumer<LeaseRow, LeaseRow> check) {
        return new PassingTable(this) {
            @Override
            public CompletableFuture<WriteOutcome> put(Row row) {
                byHand = row instanceof LeaseRow ? check : null;
                CompletableFuture<WriteOutcome> outcome = super.put(row);
                byHand = null;
                return outcome;
            }
        };
    }

    /** How often each operation was called since the last {@link #forgetCalls}. */
    Map<String, Integer> calls() {
        return Map.copyOf(calls);
    }

    /** True when the lease had a row that was deleted. */
    boolean wasDeleted(LeaseKey key) {
        return deleted.contains(key);
    }

    /** See {@link BeginningCheck#isBefore}. */
    boolean wasClosedBeforeTheBeginning(LeaseKey key, boolean fromLatest) {
        return beginning.isBefore(key, fromLatest);
    }

    /** Somebody writes what nobody can read over the row, if there is one. */
    void damage(Entity entity) {
        table.get(entity).join().filter(row -> !(row instanceof UnreadableRow)).ifPresent(row -> {
            damaged.put(entity, row);
            table.put(new UnreadableRow(entity, Long.toString(row.revision()), "damaged"))
                    .join();
        });
    }

    /** Somebody writes what was there before, unless it is mended already or gone. */
    void mend(Entity entity) {
        Row before = damaged.remove(entity);
        table.get(entity).join().filter(UnreadableRow.class::isInstance).ifPresent(row -> {
            if (before != null) {
                table.put(before.withRevision(row.revision())).join();
            }
        });
    }

    /** True while a row of a lease is damaged. */
    boolean hasDamagedLeases() {
        return damaged.values().stream().anyMatch(LeaseRow.class::isInstance);
    }

    void forgetCalls() {
        calls.clear();
    }

    Optional<LeaseRow> lease(Entity entity) {
        return Optional.ofNullable(damaged.get(entity))
                .or(() -> table.get(entity).join())
                .filter(LeaseRow.class::isInstance)
                .map(LeaseRow.class::cast);
    }

    @Override
    public CompletableFuture<Boolean> ensureTable() {
        return table.ensureTable();
    }

    @Override
    public CompletableFuture<Optional<Row>> get(Entity entity) {
        calls.merge("get", 1, Integer::sum);
        return table.get(entity);
    }

    @Override
    public CompletableFuture<Members> listMembers() {
        calls.merge("listMembers", 1, Integer::sum);
        return table.listMembers();
    }

    @Override
    public CompletableFuture<List<PlanRow>> listPlans() {
        calls.merge("listPlans", 1, Integer::sum);
        return table.listPlans();
    }

    @Override
    public CompletableFuture<List<HealthRow>> listHealth() {
        calls.merge("listHealth", 1, Integer::sum);
        return table.listHealth();
    }

    @Override
    public CompletableFuture<Listing<PlanRow>> inspectPlans() {
        calls.merge("listPlans", 1, Integer::sum);
        return table.inspectPlans();
    }

    @Override
    public CompletableFuture<Listing<LeaseRow>> inspectLeases() {
        calls.merge("listLeases", 1, Integer::sum);
        return table.inspectLeases();
    }

    @Override
    public CompletableFuture<List<LeaseRow>> getLeases(Collection<LeaseKey> keys) {
        calls.merge("getLeases", 1, Integer::sum);
        return table.getLeases(keys);
    }

    @Override
    public CompletableFuture<List<LeaseRow>> listLeases() {
        calls.merge("listLeases", 1, Integer::sum);
        return table.listLeases();
    }

    @Override
    public CompletableFuture<WriteOutcome> put(Row row) {
        calls.merge("put", 1, Integer::sum);
        Optional<Row> before = table.get(row.entity()).join();
        CompletableFuture<WriteOutcome> outcome = table.put(row);
        if (outcome.join().isApplied()) {
            beginning.onWrite(before, row, key -> lease(Entity.lease(key)));
        }
        if (outcome.join().isApplied() && row instanceof LeaseRow after) {
            if (before.isPresent()) {
                assertThat(before.get())
                        .as("%s is written over one that cannot be read", after)
                        .isInstanceOf(LeaseRow.class);
                check((LeaseRow) before.get(), after);
            } else if (deleted.contains(after.key())) {
                assertThat(canBeRead.test(after.key()))
                        .as("%s could be read again", after.key())
                        .isFalse();
            }
            if (after.isFinished()) {
                checkChildren(after);
            }
        }
        if (outcome.join().isApplied() && before.isPresent()) {
            checkLeadership(before.get(), row);
        }
        if (outcome.join().isApplied() && before.isEmpty() && row instanceof WorkerRow worker) {
            checkBegin(worker);
        }
        return outcome;
    }

    @Override
    public CompletableFuture<WriteOutcome> delete(Row seen) {
        calls.merge("delete", 1, Integer::sum);
        CompletableFuture<WriteOutcome> outcome = table.delete(seen);
        if (outcome.join().isApplied() && seen instanceof LeaseRow lease) {
            assertThat(lease.isFinished() && !canBeRead.test(lease.key()))
                    .as("%s is deleted although it could be read", lease)
                    .isTrue();
            deleted.add(lease.key());
        }
        return outcome;
    }

    /** A row that was removed because its worker was gone must not come again in the midst of its life. */
    private static void checkBegin(WorkerRow worker) {
        if (worker.leaseChanges() > 0 || worker.planSeen() > 0 || worker.state() != WorkerRow.State.ACTIVE) {
            throw new AssertionError("a row of the past has come again: " + worker);
        }
    }

    /** Leaderships have an order, and an older one never undoes what a younger one planned. */
    private static void checkLeadership(Row before, Row after) {
        boolean inOrder = true;
        if (before instanceof LeaderRow old && after instanceof LeaderRow young) {
            inOrder = young.epoch() > old.epoch();
        } else if (before instanceof PlanRow old && after instanceof PlanRow young) {
            inOrder = young.leaderEpoch() >= old.leaderEpoch();
        }
        if (!inOrder) {
            throw new AssertionError("epochs of leaders go back from " + before + " to " + after);
        }
    }

    private void checkChildren(LeaseRow parent) {
        for (ShardId child : parent.lineage().children()) {
            LeaseKey key = new LeaseKey(parent.key().stream(), child);
            assertThat(deleted.contains(key) || lease(Entity.lease(key)).isPresent())
                    .as("%s is finished without a row of its child %s", parent.key(), child)
                    .isTrue();
        }
    }

    private void check(LeaseRow before, LeaseRow after) {
        BiConsumer<LeaseRow, LeaseRow> hand = byHand;
        if (hand != null) {
            hand.accept(before, after);
            return;
        }
        assertThat(after.epoch()).as("epoch of %s", before).isGreaterThanOrEqualTo(before.epoch());
        assertThat(before.checkpoint().isAfter(after.checkpoint()))
                .as("checkpoint moves back from %s to %s", before, after)
                .isFalse();
        if (!after.checkpoint().equals(before.checkpoint())) {
            assertThat(before.owner())
                    .as("owner when the checkpoint moves: %s", before)
                    .isPresent();
            assertThat(after.epoch()).as("epoch when the checkpoint moves").isEqualTo(before.epoch());
        }
        if (after.owner().isPresent() && !after.owner().equals(before.owner())) {
            assertThat(after.epoch())
                    .as("epoch of a new ownership of %s", before)
                    .isEqualTo(before.epoch() + 1);
        }
    }

    /** Nothing but the records up to {@code target} is passed; what becomes of owners is for the rest of the world to show. */
    private static void checkByHand(LeaseRow before, LeaseRow after, Checkpoint target) {
        assertThat(after.checkpoint()).as("checkpoint by hand of %s", before).isEqualTo(target);
        assertThat(target.isAfter(before.checkpoint()))
                .as("%s moves forwards to %s by hand", before, target)
                .isTrue();
        assertThat(after.lineage()).isEqualTo(before.lineage());
    }
}
