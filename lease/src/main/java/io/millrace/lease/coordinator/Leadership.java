package io.millrace.lease.coordinator;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import io.millrace.lease.decide.Fleet;
import io.millrace.lease.decide.LeaderElection;
import io.millrace.lease.decide.LeaseBook;
import io.millrace.lease.decide.Plans;
import io.millrace.lease.decide.Standing;
import io.millrace.lease.table.ControlRows;
import io.millrace.lease.table.Entity;
import io.millrace.lease.table.HealthRow;
import io.millrace.lease.table.LeaderRow;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.Listing;
import io.millrace.lease.table.NewsRow;
import io.millrace.lease.table.PlanRow;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.StreamRow;
import io.millrace.lease.table.UnreadableRow;
import io.millrace.lease.table.WorkerRow;
import io.millrace.lease.table.WriteOutcome;
import io.millrace.model.StreamName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One worker's relation to the leader: watches it, takes its place, and then does its work: compares leases with shards,
 * plans, removes the dead. One job at a time, each on what was read after the one before had been written.
 *
 * <p>Belongs to the loop.
 */
final class Leadership {
    private static final Logger log = LoggerFactory.getLogger(Leadership.class);

    private static final Duration SYNC_AGAIN = Duration.ofSeconds(1);

    /** Short, for everybody waits for the plan; but calls that fail at once, as without a permission, are not repeated at once. */
    private static final Duration PAUSE = Duration.ofMillis(50);

    /** For how long people can see in the table who is gone without having left. */
    private static final Duration DEAD_ARE_NAMED = Duration.ofMinutes(10);

    private final Wiring wiring;
    private final WorkerId me;
    private final SureTable table;
    private final LeaseBook book;
    private final Runnable pollSoon;
    private final ShardSyncer syncer;
    private final SpotCheck spotCheck;

    /** Who is known to lead, with the row if it was read and not only heard of through a plan. */
    private Optional<WorkerId> leader = Optional.empty();

    private Optional<LeaderRow> row = Optional.empty();
    private long rowSeenAt;
    private boolean rowKnown;
    private long highestEpoch;

    private boolean busy;
    private boolean syncWanted;
    private boolean syncFailed;
    private long lastSync;
    /** The look at which the others were last asked whether they know their plans. */
    private long lastAsked;

    private long settledAt;
    private @Nullable Object planned;
    private long ownPlan;
    /** Since when there is known to be a plan for a worker. */
    private final Map<WorkerId, Long> plansSeenAt = new HashMap<>();

    /** Since when those are known to be dead who told something. */
    private final Map<WorkerId, Long> deadSince = new HashMap<>();

    private boolean toldUnplaced;
    private SortedSet<StreamName> streams = new TreeSet<>();
    private long news;
    private @Nullable ControlRows control;
    private @Nullable Fleet fleet;

    Leadership(Wiring wiring, WorkerId me, SureTable table, LeaseBook book, Runnable pollSoon) {
        this.wiring = wiring;
        this.me = me;
        this.table = table;
        this.book = book;
        this.pollSoon = pollSoon;
        this.syncer = new ShardSyncer(wiring, table, book);
        this.spotCheck = new SpotCheck(wiring, table, book, syncer::unreadable, this::wantSync);
    }

    boolean isLeader() {
        return leader.equals(Optional.of(me));
    }

    /** The epoch below which a plan is outdated. */
    long epoch() {
        return highestEpoch;
    }

    /** True when {@code plan} is our own plan for ourselves: the book is what it was made from. */
    boolean isMadeFromBook(PlanRow plan) {
        return plan.leader().equals(me) && plan.worker().equals(me) && plan.revision() == ownPlan;
    }

    /** What this worker reads, and therefore looks after itself. */
    void reads(SortedSet<StreamName> names) {
        streams = names;
    }

    /** Compares leases with shards again soon. */
    void wantSync() {
        syncWanted = true;
        work();
    }

    /** Takes in the leader's row, read at {@code seenAt}. */
    void learn(Optional<LeaderRow> found, long seenAt) {
        row = found;
        rowSeenAt = seenAt;
        rowKnown = true;
        if (found.map(LeaderRow::epoch).orElse(0L) >= highestEpoch) {
            leader = found.map(LeaderRow::leader);
            highestEpoch = found.map(LeaderRow::epoch).orElse(highestEpoch);
        }
    }

    /** Takes in the leader's row as it was read. One that cannot be read says nothing: plans tell who leads, if anybody. */
    void learnRow(Optional<Row> found, long seenAt) {
        if (found.isPresent() && found.get() instanceof UnreadableRow) {
            rowKnown = false;
        } else {
            learn(found.filter(LeaderRow.class::isInstance).map(LeaderRow.class::cast), seenAt);
        }
    }

    /** Takes in what was read, and how often plans were written by then. */
    void onControl(long plansWritten, ControlRows rows, Fleet seen) {
        news = Math.max(news, plansWritten);
        control = rows;
        fleet = seen;
        learnFrom(rows.plans());
        if (!isLeader() && LeaderElection.isSuspect(leader, seen)) {
            suspect(seen);
        }
        work();
        if (isLeader()) {
            spotCheck.look();
        }
    }

    /** A plan of a leader that was not known yet tells of it. */
    private void learnFrom(List<PlanRow> plans) {
        LeaderElection.latest(plans)
                .filter(plan -> plan.leaderEpoch() > highestEpoch)
                .ifPresent(plan -> {
                    highestEpoch = plan.leaderEpoch();
                    leader = Optional.of(plan.leader());
                    rowKnown = false;
                });
    }

    private void suspect(Fleet seen) {
        if (busy) {
            return;
        }
        if (rowKnown && LeaderElection.mayClaim(row, rowSeenAt, seen)) {
            claim();
        } else {
            readRow();
        }
    }

    private void readRow() {
        busy = true;
        wiring.then(
                table.read(rows -> rows.get(Entity.leader())),
                found -> {
                    busy = false;
                    if (found.isPresent() && found.get() instanceof UnreadableRow row) {
                        replace(row);
                        return;
                    }
                    learnRow(found, wiring.now());
                    if (LeaderElection.isSuspect(leader, requireNonNull(fleet))) {
                        pollSoon.run();
                    }
                },
                error -> busy = false);
    }

    /**
     * Nobody who lives is known to lead, and the leader's row, which cannot be read, keeps everybody from it. It holds
     * nothing but who leads, so a claim goes over it, under its next revision: a claim that comes late must not meet the
     * revision that it saw. Each claim raised epoch and revision, so its epoch was at least its revision.
     */
    private void replace(UnreadableRow damaged) {
        if (damaged.revision() > 0) {
            row = Optional.of(new LeaderRow(damaged.revision(), damaged.revision(), me));
            claim();
            return;
        }
        busy = true;
        wiring.then(table.delete(WriteKind.MEMBERSHIP, damaged), settled -> {
            busy = false;
            pollSoon.run();
        });
    }

    private void claim() {
        busy = true;
        LeaderRow claim = LeaderElection.claim(row, highestEpoch, me);
        wiring.then(table.put(WriteKind.MEMBERSHIP, claim), settled -> {
            busy = false;
            if (settled.outcome() instanceof WriteOutcome.Conflict conflict) {
                learnRow(conflict.current(), wiring.now());
            } else {
                log.debug("{} leads, epoch {}", me, claim.epoch());
                learn(Optional.of(claim.withRevision(claim.revision() + 1)), wiring.now());
                syncWanted = true;
                planned = null;
                settledAt = wiring.now();
                pollSoon.run();
            }
        });
    }

    /** Does what a leader should do next. */
    private void work() {
        ControlRows rows = control;
        Fleet seen = fleet;
        if (busy || !isLeader() || rows == null || seen == null || seen.readAt() - settledAt < 0) {
            return;
        }
        boolean due = wiring.platform()
                        .ticker()
                        .since(lastSync)
                        .compareTo(wiring.settings().shardSyncInterval())
                >= 0;
        if (syncWanted || due || (isNew(rows) && lookedLongAgo())) {
            busy = true;
            syncWanted = false;
            lastSync = wiring.now();
            run(syncAll(rows));
        } else if (!occasion(rows, seen).equals(planned)) {
            busy = true;
            run(plan(rows, seen));
        }
    }

    /** A stream that somebody added has no leases yet. */
    private static boolean isNew(ControlRows rows) {
        return rows.streams().stream().anyMatch(stream -> !stream.synced() && isRead(stream, rows));
    }

    /** What is being deleted gets no new leases: they would outlast it. */
    private static boolean isRead(StreamRow stream, ControlRows rows) {
        return !stream.deleting()
                && rows.workers().stream().anyMatch(worker -> worker.info().reads(stream.name()));
    }

    private boolean lookedLongAgo() {
        return wiring.platform().ticker().since(lastSync).compareTo(SYNC_AGAIN) >= 0;
    }

    private void run(CompletableFuture<Void> job) {
        wiring.then(job, done -> settled(), error -> {
            log.debug("The leader's work is tried again: {}", error.toString());
            planned = null;
            wiring.later(PAUSE, this::settled);
        });
    }

    private void settled() {
        busy = false;
        settledAt = wiring.now();
        pollSoon.run();
    }

    /** What a plan depends on; when this changes it is time for a new one. */
    private Object occasion(ControlRows rows, Fleet seen) {
        Map<WorkerId, Long> changes = new TreeMap<>();
        rows.workers().forEach(worker -> changes.put(worker.id(), worker.leaseChanges()));
        long outdated = rows.plans().stream()
                .filter(plan -> plan.leaderEpoch() < highestEpoch)
                .count();
        return List.of(seen.standings(), changes, outdated, lastSync);
    }

    /**
     * Deletes what dead workers told of their leases, after a while: until then it says who is gone. A worker that leaves in good
     * order takes its own along. A worker's row is there before it tells anything; should it be mistaken for dead here it tells all again.
     */
    private void forgetTheDead() {
        wiring.then(
                table.read(LeaseTable::listHealth),
                told -> {
                    ControlRows rows = requireNonNull(control);
                    List<HealthRow> dead = told.stream()
                            .filter(row -> !rows.hasWorker(row.worker()))
                            .toList();
                    deadSince
                            .keySet()
                            .retainAll(dead.stream().map(HealthRow::worker).collect(Collectors.toSet()));
                    dead.forEach(row -> deadSince.putIfAbsent(row.worker(), wiring.now()));
                    dead.stream()
                            .filter(this::isLongDead)
                            .forEach(row -> wiring.then(
                                    table.delete(WriteKind.CLEANUP, row),
                                    gone -> log.debug("What {} told goes with it", row.worker())));
                },
                error -> log.debug("What workers tell is looked at again later: {}", error.toString()));
    }

    private boolean isLongDead(HealthRow row) {
        long since = requireNonNull(deadSince.get(row.worker()));
        return wiring.platform().ticker().since(since).compareTo(DEAD_ARE_NAMED) >= 0;
    }

    private CompletableFuture<Void> syncAll(ControlRows rows) {
        forgetTheDead();
        List<CompletableFuture<Void>> syncs = new ArrayList<>();
        rows.streams().stream()
                .filter(stream -> isRead(stream, rows))
                .forEach(stream -> syncs.add(syncer.sync(stream, streams.contains(stream.name()), syncFailed)));
        return all(syncs).whenComplete((done, error) -> {
            if (error != null) {
                wiring.later(SYNC_AGAIN, this::wantSync);
            }
            syncFailed = error != null;
        });
    }

    private CompletableFuture<Void> plan(ControlRows rows, Fleet seen) {
        Object occasion = occasion(rows, seen);
        CompletableFuture<Listing<LeaseRow>> leases = syncer.readLeases();
        return table.read(LeaseTable::inspectPlans)
                .thenCompose(plans -> leases.thenCompose(
                        done -> write(occasion, rows.withPlans(plans.rows()), plans.unreadable(), seen)));
    }

    private CompletableFuture<Void> write(
            Object occasion, ControlRows rows, List<UnreadableRow> unreadable, Fleet seen) {
        learnFrom(rows.plans());
        plansSeenAt
                .keySet()
                .retainAll(rows.plans().stream().map(PlanRow::worker).collect(Collectors.toSet()));
        rows.plans().forEach(plan -> plansSeenAt.putIfAbsent(plan.worker(), wiring.now()));
        if (!isLeader()) {
            // What a younger leader has planned is not ours to change.
            return CompletableFuture.completedFuture(null);
        }
        LeaderRow mine = row.orElseThrow();
        List<CompletableFuture<Void>> writes = new ArrayList<>();
        Plans.Decision decision =
                Plans.decide(book, rows.withPlans(withReplaced(rows.plans(), unreadable)), seen, mine);
        decision.news().forEach((key, to) -> log.debug("{} goes to {}: {}", key, to.worker(), to.reason()));
        tellUnplaced(decision.unplaced());
        for (PlanRow plan : decision.changed()) {
            if (plan.revision() == 0 && isUnreadable(plan, unreadable)) {
                // Its worker gives up by itself, see WorkerSession.
                continue;
            }
            writes.add(put(plan));
            plansSeenAt.putIfAbsent(plan.worker(), wiring.now());
            if (plan.worker().equals(me)) {
                ownPlan = plan.revision() + 1;
            }
        }
        Plans.stale(rows.plans(), seen, plansSeenAt).forEach(plan -> writes.add(delete(plan)));
        for (WorkerRow worker : rows.workers()) {
            if (seen.of(worker.id()) == Standing.EXPIRED) {
                log.info("Worker {} is dead: its heartbeat stopped", worker.id());
                writes.add(delete(worker));
            }
        }
        planned = occasion;
        boolean isMissed = lastAsked != lastSync && Plans.isMissed(rows, seen);
        lastAsked = lastSync;
        CompletableFuture<Void> written = all(writes);
        return decision.changed().isEmpty() && !isMissed ? written : written.thenCompose(done -> tell());
    }

    /** A plan that cannot be read is written anew, under the revision after its own: workers confirm plans by revision. */
    private List<PlanRow> withReplaced(List<PlanRow> plans, List<UnreadableRow> unreadable) {
        List<PlanRow> all = new ArrayList<>(plans);
        for (UnreadableRow row : unreadable) {
            row.plannedFor()
                    .filter(worker -> row.revision() > 0)
                    .ifPresent(worker ->
                            all.add(new PlanRow(worker, row.revision(), me, 0, new TreeMap<>(), new TreeMap<>())));
        }
        return all;
    }

    private static boolean isUnreadable(PlanRow plan, List<UnreadableRow> unreadable) {
        return unreadable.stream().anyMatch(row -> row.entity().equals(plan.entity()));
    }

    /** The others read plans only when the news have moved since; so these come after all the plans they tell of. */
    private CompletableFuture<Void> tell() {
        return table.put(WriteKind.CONTROL, new NewsRow(news, me.toString())).thenCompose(settled -> {
            if (settled.outcome() instanceof WriteOutcome.Conflict conflict) {
                if (conflict.currentOrNull() instanceof UnreadableRow lost && lost.revision() == 0) {
                    // Without a revision there is nothing to go on from: everybody reads plans at every poll now.
                    return CompletableFuture.<Void>completedFuture(null);
                }
                // Somebody else's news may have been heard before our plans were written.
                news = conflict.current().map(Row::revision).orElse(0L);
                return tell();
            }
            news++;
            return CompletableFuture.<Void>completedFuture(null);
        });
    }

    /** Leases that nobody can take are lag that grows: said once, and measured. */
    private void tellUnplaced(NavigableSet<LeaseKey> unplaced) {
        wiring.meters().unplacedAre(unplaced.size());
        if (!unplaced.isEmpty() && !toldUnplaced) {
            log.warn(
                    "{} leases have no worker, {} for one: every worker that reads the stream holds as many as it takes;"
                            + " start more workers or raise their maximum",
                    unplaced.size(),
                    unplaced.first());
        }
        toldUnplaced = !unplaced.isEmpty();
    }

    private CompletableFuture<Void> put(Row changed) {
        WriteKind kind = changed instanceof LeaseRow ? WriteKind.CREATION : WriteKind.CONTROL;
        return table.put(kind, changed).thenAccept(settled -> check(changed, settled.outcome()));
    }

    private CompletableFuture<Void> delete(Row gone) {
        WriteKind kind = gone instanceof LeaseRow ? WriteKind.CLEANUP : WriteKind.CONTROL;
        return table.delete(kind, gone).thenAccept(settled -> check(gone, settled.outcome()));
    }

    private void check(Row ours, WriteOutcome outcome) {
        if (outcome instanceof WriteOutcome.Conflict && ours instanceof PlanRow) {
            // Somebody else plans: find out who leads before planning again.
            log.debug("The plan of {} was changed by another leader", ours.entity());
            planned = null;
            leader = Optional.empty();
            rowKnown = false;
        }
    }

    private static CompletableFuture<Void> all(List<CompletableFuture<Void>> parts) {
        return CompletableFuture.allOf(parts.toArray(CompletableFuture[]::new));
    }
}
