package io.millrace.lease.coordinator;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import io.millrace.lease.decide.Fleet;
import io.millrace.lease.decide.HandoffPatience;
import io.millrace.lease.decide.Intentions;
import io.millrace.lease.decide.LeaseBook;
import io.millrace.lease.decide.Liveness;
import io.millrace.lease.table.ControlRows;
import io.millrace.lease.table.Entity;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.Members;
import io.millrace.lease.table.PlanRow;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.UnreadableRow;
import io.millrace.lease.table.WorkerRow;
import io.millrace.model.StreamName;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.GuardedLoop;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One life of a worker, from joining to leaving or being lost: looks at the others at every poll and does what follows
 * from them. A worker that was lost lives on in a new session under a new run, so nothing old can be mistaken.
 *
 * <p>Belongs to the loop.
 */
final class WorkerSession {
    private static final Logger log = LoggerFactory.getLogger(WorkerSession.class);

    /** How long leaving waits for a table that does not answer, once the leases are gone or the deadline has passed. */
    static final Duration LAST_WRITES = Duration.ofSeconds(2);

    /** So many leases are watched at the full pace; more of them more slowly, so that the table is not flooded. */
    private static final int WATCHED_AT_ONCE = 100;

    private final Wiring wiring;
    private final SureTable table;
    private final Heartbeat heartbeat;
    private final LeaseBook book = new LeaseBook();
    private final OwnedLeases leases;
    private final Giving giving;
    private final Farewell farewell;
    private final Leadership leadership;
    private final Liveness liveness;
    private final HandoffPatience patience;
    private final ListenerWatch listenerWatch;
    private final StatusTeller teller;
    private final Consumer<Loss> onLost;
    private final CompletableFuture<Void> firstLook = new CompletableFuture<>();
    private final CompletableFuture<CloseReport> left = new CompletableFuture<>();

    private @Nullable Fleet fleet;
    private List<PlanRow> plans = List.of();
    /** The news after which the plans were read. */
    private long plansRead = -1;

    private @Nullable PlanRow plan;
    private long planListed;
    private boolean waits;
    private boolean settled;
    private boolean watching;
    /** Leases that are waited for could not be looked up by their keys. */
    private boolean watchFailed;

    private boolean polling;
    private boolean pollAgain;
    private boolean listing;
    private boolean leaving;
    private boolean over;
    private EventLoop.Cancellable nextPoll = EventLoop.Cancellable.DONE;

    /** The streams that this worker reads, and since when: each had a row by then. */
    private SortedSet<StreamName> streams;

    private long readsSince;

    /**
     * That a life was over before its time.
     *
     * @param reason one line
     * @param errorOrNull the error in the worker itself that ended it, if one did
     */
    record Loss(String reason, @Nullable Throwable errorOrNull) {}

    private WorkerSession(
            Wiring shared,
            SureTable table,
            WorkerRow row,
            SortedSet<StreamName> streams,
            long sentAt,
            Consumer<Loss> onLost) {
        // An error in a task ends this life: the work that the task was about would stand still.
        this.wiring = shared.on(new GuardedLoop(shared.loop(), this::broke));
        this.table = table;
        this.onLost = onLost;
        this.streams = streams;
        this.readsSince = wiring.now();
        this.heartbeat = new Heartbeat(wiring, table, row, sentAt, this::lost);
        this.leases = new OwnedLeases(wiring, row.id(), table, heartbeat, book);
        this.giving = new Giving(wiring, row.id(), table, leases);
        this.farewell = new Farewell(wiring, row.id(), leases);
        this.leadership = new Leadership(wiring, row.id(), table, book, this::poll);
        this.listenerWatch = new ListenerWatch(wiring, this::listenerIsSilent);
        this.teller = new StatusTeller(wiring, row.id(), table);
        this.liveness = new Liveness(wiring.settings().failoverTime());
        this.patience = new HandoffPatience(wiring.settings().handoffTimeout());
    }

    /**
     * Writes the worker's row and starts. Goes on until the table answers.
     *
     * @param onLost is told once when this life is over before its time
     */
    static CompletableFuture<WorkerSession> join(
            Wiring wiring, WorkerId me, SureTable table, SortedSet<StreamName> streams, Consumer<Loss> onLost) {
        WorkerRow.Info info = new WorkerRow.Info(
                wiring.settings().host(), version(), 0, wiring.settings().maxLeases(), streams);
        WorkerRow row = new WorkerRow(me, 0, WorkerRow.State.ACTIVE, 0, 0, info);
        // The leader's row is read before the workers' rows, so that a leader without a row is known to be gone.
        CompletableFuture<Optional<Row>> leader = table.read(rows -> rows.get(Entity.leader()));
        return table.put(WriteKind.MEMBERSHIP, row).thenCompose(settled -> {
            // A creation proves life from its first sending only: an attempt whose answer was lost may have made the
            // row long ago, others may have found it dead and removed it, and a later attempt made it again.
            WorkerSession session =
                    new WorkerSession(wiring, table, row.withRevision(1), streams, settled.firstSentAt(), onLost);
            session.leadership.reads(streams);
            session.start(leader);
            return session.firstLook.thenApply(done -> session);
        });
    }

    WorkerId id() {
        return heartbeat.id();
    }

    Proof proof() {
        return heartbeat.proof();
    }

    boolean isOver() {
        return over;
    }

    /** Reads {@code streams} from now on, and gives back what is not of them. */
    void read(SortedSet<StreamName> named) {
        streams = named;
        readsSince = wiring.now();
        leases.read(named);
        leadership.reads(named);
        heartbeat.reads(named);
    }

    /** Gives up, as one whose leases are lost. */
    void abandon(String reason) {
        heartbeat.end();
        lost(reason);
    }

    void wantSync() {
        leadership.wantSync();
    }

    /**
     * Gives all leases back and removes the rows; whatever happens, it ends soon after the deadline. The others hear of it first:
     * until the leader has found new owners for the leases, or has had time for that, their records are processed here.
     */
    CompletableFuture<CloseReport> leave(Duration deadline) {
        if (!leaving) {
            leaving = true;
            heartbeat.leaving();
            EventLoop.Cancellable atDeadline =
                    wiring.later(deadline, () -> leases.takeAwayAll("the deadline for leaving has passed"));
            EventLoop.Cancellable atLast =
                    wiring.later(deadline.plus(LAST_WRITES), () -> giveUp("the table does not answer"));
            wiring.then(leases.leave(deadline), gone -> removeRows());
            farewell.begin(deadline);
            wiring.then(left, report -> {
                atDeadline.cancel();
                atLast.cancel();
            });
        }
        return left;
    }

    private static String version() {
        Package own = WorkerSession.class.getPackage();
        String version = own == null ? null : own.getImplementationVersion();
        return version == null ? "unreleased" : version;
    }

    private void start(CompletableFuture<Optional<Row>> leader) {
        heartbeat.start();
        listenerWatch.start();
        teller.start();
        leases.measure();
        wiring.then(
                leader,
                found -> {
                    leadership.learnRow(found, wiring.now());
                    poll();
                },
                error -> poll());
    }

    /** Reads who takes part and what is planned now, or again once the read under way is done. */
    private void poll() {
        if (over) {
            return;
        }
        if (polling) {
            pollAgain = true;
            return;
        }
        polling = true;
        pollAgain = false;
        nextPoll.cancel();
        long sentAt = wiring.now();
        wiring.then(
                table.read(LeaseTable::listMembers),
                members -> onMembers(members, sentAt),
                error -> pollFailed(error, sentAt));
    }

    /**
     * Plans grow with the leases, so they are read when there are new ones. Who waits for others to act on theirs reads
     * them every time: what it may take by force in the end must have been planned when it began to wait. Where there was
     * never any news there is no plan, or a leader of an older build, which tells none.
     */
    private void onMembers(Members members, long sentAt) {
        if (members.news() > 0 && members.news() == plansRead && settled) {
            polled(members, sentAt);
        } else {
            wiring.then(
                    table.read(LeaseTable::inspectPlans),
                    listing -> {
                        if (isMineLost(listing.unreadable())) {
                            return;
                        }
                        List<PlanRow> found = listing.rows();
                        plans = found;
                        plansRead = members.news();
                        patience.observe(new ControlRows(found, members), book, id(), wiring.now());
                        polled(members, sentAt);
                    },
                    error -> pollFailed(error, sentAt));
        }
    }

    /**
     * Another plan cannot be written over one that has lost its revision: the next would begin with one that this worker has
     * confirmed already. Under a new run it gets a new plan.
     */
    private boolean isMineLost(List<UnreadableRow> unreadable) {
        boolean isLost = unreadable.stream()
                .anyMatch(row -> row.revision() == 0 && row.entity().equals(Entity.plan(id())));
        if (isLost) {
            abandon("its plan cannot be read and has no revision");
        }
        return isLost;
    }

    private void polled(Members members, long sentAt) {
        polling = false;
        // One that cannot be read changes nothing.
        members.pauses().ifPresent(leases::pause);
        onControl(members.news(), new ControlRows(plans, members), sentAt);
        schedulePoll(sentAt);
    }

    private void pollFailed(Throwable error, long sentAt) {
        log.debug("Cannot read the workers' rows, trying again: {}", error.getMessage());
        polling = false;
        schedulePoll(sentAt);
    }

    private void schedulePoll(long sentAt) {
        if (pollAgain) {
            poll();
        } else if (!over) {
            Duration wait = wiring.settings()
                    .pollInterval()
                    .minus(wiring.platform().ticker().since(sentAt));
            nextPoll = wiring.later(wait.isNegative() ? Duration.ZERO : wait, this::poll);
        }
    }

    private void onControl(long news, ControlRows rows, long sentAt) {
        if (over) {
            return;
        }
        findLoss(rows, sentAt);
        if (over) {
            return;
        }
        Fleet seen = liveness.observe(rows.workers(), rows.unreadable(), sentAt, wiring.now());
        fleet = seen;
        leadership.onControl(news, rows, seen);
        Optional<PlanRow> own = rows.plans().stream()
                .filter(row -> row.worker().equals(id()) && row.leaderEpoch() >= leadership.epoch())
                .findFirst();
        own.ifPresent(this::dropWhatIsNotPlannedAnyMore);
        plan = own.orElse(null);
        own.ifPresent(this::obey);
        farewell.look(seen, own);
        follow();
        firstLook.complete(null);
    }

    /** The row of a stream is written before anybody reads the stream, and goes with a deletion only, when nobody lives. */
    private void findLoss(ControlRows rows, long sentAt) {
        if (!leaving && sentAt - readsSince >= 0) {
            streams.stream()
                    .filter(stream -> !rows.hasRowOf(stream))
                    .findFirst()
                    .ifPresent(stream -> wiring.loss().report("the row of stream " + stream + " is gone"));
        }
    }

    /** What another may take by now is not taken here, too, when its turn comes at last. */
    private void dropWhatIsNotPlannedAnyMore(PlanRow next) {
        PlanRow before = plan;
        if (before != null && before.revision() != next.revision()) {
            leases.takeOnly(
                    key -> !before.leases().containsKey(key) || next.leases().containsKey(key));
        }
    }

    /**
     * Gives away what the plan says. The others hear that the plan is known only when everything was asked for and will
     * be given in time, because from then on they may take by force.
     */
    private void obey(PlanRow mine) {
        if (giving.obey(mine)) {
            heartbeat.planSeen(mine.revision());
        }
    }

    /** Looks at the leases if the plan is new or something is waited for, and takes what can be taken. */
    private void follow() {
        PlanRow mine = plan;
        if (mine == null || leaving || over) {
            settled = true;
            return;
        }
        if (leadership.isMadeFromBook(mine) && planListed != mine.revision()) {
            planListed = mine.revision();
            leases.giveBackForgotten(mine.leases().keySet());
        }
        if (mine.revision() != planListed || waits || watchFailed) {
            listLeases(mine);
        }
        take();
    }

    /** Takes what the plan says and the leases allow. */
    private void take() {
        PlanRow mine = plan;
        Fleet seen = fleet;
        if (mine == null || seen == null || leaving || over) {
            return;
        }
        settled = false;
        if (mine.revision() == planListed) {
            Intentions intentions = Intentions.of(mine, leases.engaged(), book, seen, patience.overdue(wiring.now()));
            intentions.takes().forEach(leases::take);
            waits = intentions.waits();
            settled = intentions.isSettled();
            watch(intentions.watches());
        }
    }

    /**
     * From its release until it is taken here nobody processes a lease: that time is worth some reads, of these leases
     * only. When they fail, because there are too many for the time or they are not permitted, the next poll lists all.
     */
    private void watch(List<LeaseKey> given) {
        if (watching || given.isEmpty()) {
            return;
        }
        watching = true;
        int portions = 1 + given.size() / WATCHED_AT_ONCE;
        EventLoop.Cancellable unused = wiring.later(
                wiring.settings().watchInterval().multipliedBy(portions),
                () -> wiring.then(
                        table.read(rows -> rows.getLeases(given)),
                        found -> {
                            watching = false;
                            found.forEach(row -> book.hear(row, wiring.now()));
                            take();
                        },
                        error -> {
                            log.debug("Cannot look up the leases that others give: {}", error.getMessage());
                            watching = false;
                            watchFailed = true;
                            take();
                        }));
    }

    private void listLeases(PlanRow reason) {
        if (listing) {
            return;
        }
        listing = true;
        long sentAt = wiring.now();
        wiring.then(
                table.read(LeaseTable::listLeases),
                rows -> {
                    listing = false;
                    watchFailed = false;
                    book.replaceAll(rows, sentAt, wiring.now());
                    leases.compare();
                    leases.giveBackForgotten(reason.leases().keySet());
                    planListed = reason.revision();
                    waits = false;
                    take();
                },
                error -> listing = false);
    }

    /** The leases held here are not processed, so others shall have them. */
    private void listenerIsSilent(Duration time) {
        heartbeat.end();
        lost("its consumers have not answered for " + time
                + "; is the worker's event loop blocked, by a listener say?");
    }

    /** An error in a task: what the task was about stands still from now on, so everything is begun afresh. */
    void broke(Throwable error) {
        if (over) {
            log.debug("Thrown after the end of {}", id(), error);
            return;
        }
        log.error("An error in worker {} itself; it gives up its leases and joins again", id(), error);
        heartbeat.end();
        lose(new Loss("an error in the worker itself: " + error, error));
        wiring.platform().contained(error);
    }

    /** An error on the way does not keep this life from its end, nor the next one from its start. */
    private void loseLeases(String reason) {
        try {
            leases.loseAll(reason);
        } catch (Throwable again) {
            log.error("Worker {} could not give up all of its leases in good order", id(), again);
        }
    }

    private void lost(String reason) {
        lose(new Loss(reason, null));
    }

    private void lose(Loss loss) {
        String reason = loss.reason();
        if (over) {
            return;
        }
        log.warn("Worker {} has lost its leases{}: {}", id(), leaving ? "" : " and joins again", reason);
        end();
        loseLeases(reason);
        if (leaving) {
            removeLastRow();
        } else {
            left.complete(report(false));
        }
        onLost.accept(loss);
    }

    /** A last beat that was late may just have moved the row: the others would wait another failover time for it. */
    private void removeLastRow() {
        SureTable last = wiring.newSureTable();
        EventLoop.Cancellable limit = wiring.later(LAST_WRITES, () -> {
            last.abandon();
            left.complete(report(false));
        });
        wiring.then(RowRemoval.of(id(), last, wiring), gone -> {
            limit.cancel();
            left.complete(report(true));
        });
    }

    private void end() {
        over = true;
        table.abandon();
        nextPoll.cancel();
        listenerWatch.stop();
        teller.stop();
    }

    private void removeRows() {
        if (over) {
            return;
        }
        EventLoop.Cancellable limit = wiring.later(LAST_WRITES, () -> giveUp("the table does not answer"));
        PlanRow mine = plan;
        CompletableFuture<SureTable.Settled> removed =
                heartbeat.stop().thenCompose(row -> table.delete(WriteKind.MEMBERSHIP, row));
        CompletableFuture<SureTable.Settled> planned =
                mine == null ? removed : removed.thenCompose(gone -> table.delete(WriteKind.MEMBERSHIP, mine));
        wiring.then(planned.thenCompose(gone -> teller.remove()), gone -> {
            if (!over) {
                limit.cancel();
                end();
                left.complete(report(true));
            }
        });
    }

    private void giveUp(String reason) {
        if (!over) {
            log.warn("Worker {} leaves its rows behind: {}", id(), reason);
            over = true;
            heartbeat.end();
            end();
            loseLeases(reason);
        }
        left.complete(report(false));
    }

    private CloseReport report(boolean rowsRemoved) {
        return new CloseReport(new TreeSet<>(leases.released()), new TreeSet<>(leases.abandoned()), rowsRemoved);
    }
}
