package io.millrace.lease.coordinator;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import io.millrace.lease.decide.LeaseBook;
import io.millrace.lease.table.Entity;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.Lineage;
import io.millrace.lease.table.PauseRow;
import io.millrace.lease.table.WriteOutcome;
import io.millrace.model.Checkpoint;
import io.millrace.model.ChildShard;
import io.millrace.model.Position;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The leases of one life of a worker: takes them, tells the listener, lets them go. Belongs to the loop. */
final class OwnedLeases {
    private static final Logger log = LoggerFactory.getLogger(OwnedLeases.class);

    private final Wiring wiring;
    private final WorkerId me;
    private final SureTable table;
    private final Heartbeat heartbeat;
    private final LeaseBook book;
    private final SortedMap<LeaseKey, OwnedLease> held = new TreeMap<>();
    private final Map<LeaseKey, SureTable.Write> taking = new HashMap<>();
    private final SortedSet<LeaseKey> released = new TreeSet<>();
    private final SortedSet<LeaseKey> abandoned = new TreeSet<>();
    private final CompletableFuture<Void> allGone = new CompletableFuture<>();
    private SortedSet<StreamName> streams = new TreeSet<>();
    private PauseRow pauses = PauseRow.NONE;
    private boolean leaving;
    /** When a leaving worker's leases must be gone, in ticks. */
    private long leaveBy;

    private boolean over;

    OwnedLeases(Wiring wiring, WorkerId me, SureTable table, Heartbeat heartbeat, LeaseBook book) {
        this.wiring = wiring;
        this.me = me;
        this.table = table;
        this.heartbeat = heartbeat;
        this.book = book;
    }

    Wiring wiring() {
        return wiring;
    }

    /** What is held or being taken. */
    Set<LeaseKey> engaged() {
        Set<LeaseKey> engaged = new HashSet<>(held.keySet());
        engaged.addAll(taking.keySet());
        return engaged;
    }

    private boolean hasRoom() {
        return held.size() + taking.size() < wiring.settings().maxLeases();
    }

    SortedSet<LeaseKey> released() {
        return released;
    }

    SortedSet<LeaseKey> abandoned() {
        return abandoned;
    }

    /** Measures what each lease costs, from now on once every interval in which the leader looks at it. */
    void measure() {
        Duration interval = wiring.settings().shardSyncInterval().dividedBy(2);
        held.values().forEach(lease -> lease.measure(interval.dividedBy(2)));
        if (!over) {
            wiring.later(interval, this::measure);
        }
    }

    /** Takes leases of {@code named} streams only, and asks for the others back. */
    void read(SortedSet<StreamName> named) {
        streams = named;
        takeOnly(key -> !isRemoved(key));
        List.copyOf(held.values()).stream()
                .filter(lease -> !streams.contains(lease.key().stream()))
                .forEach(this::askForRemoved);
    }

    private void askForRemoved(OwnedLease lease) {
        lease.askFor(wiring.settings().givingTime(), "this worker does not read its stream any more");
    }

    private boolean isRemoved(LeaseKey key) {
        return !streams.isEmpty() && !streams.contains(key.stream());
    }

    /** Takes a lease as it was seen, if it is still as it was seen. While this worker is full it takes none. */
    void take(LeaseRow seen) {
        if (leaving || over || isRemoved(seen.key()) || !heartbeat.proof().isCurrent() || !hasRoom()) {
            return;
        }
        // What was seen may be older than what is held: a second taking would meet the first one's row and think it its
        // own.
        if (held.containsKey(seen.key()) || taking.containsKey(seen.key())) {
            return;
        }
        LeaseRow mine = seen.takenBy(me);
        SureTable.Write write = table.put(WriteKind.TAKING, () -> mine);
        taking.put(seen.key(), write);
        wiring.then(write.settled(), settled -> {
            taking.remove(seen.key());
            if (over) {
                return;
            }
            if (settled.outcome() instanceof WriteOutcome.Conflict conflict) {
                learn(conflict);
            } else {
                onTaken(mine.withRevision(mine.revision() + 1));
            }
            checkAllGone();
        });
    }

    /** Takes none of those that {@code isWanted} does not name and whose taking still waits for its turn. */
    void takeOnly(Predicate<LeaseKey> isWanted) {
        taking.entrySet()
                .removeIf(entry ->
                        !isWanted.test(entry.getKey()) && entry.getValue().giveUp());
    }

    private void onTaken(LeaseRow row) {
        book.learn(row, wiring.now());
        OwnedLease lease = new OwnedLease(this, table, heartbeat.proof(), row);
        lease.takenPaused(pauses.has(row.key()));
        held.put(row.key(), lease);
        log.debug("Took {}", lease);
        changed();
        wiring.meters().taken();
        wiring.listener().leaseTaken(lease);
        if (leaving) {
            lease.askFor(untilDeadline(), "this worker is leaving");
        } else if (isRemoved(row.key())) {
            askForRemoved(lease);
        }
    }

    /** The pauses from now on. */
    void pause(PauseRow now) {
        if (!pauses.equals(now)) {
            pauses = now;
            List.copyOf(held.values()).forEach(lease -> lease.pause(now.has(lease.key())));
        }
    }

    /** True when {@code key} is held, and its holder was not asked to give it back. */
    boolean canBeAskedFor(LeaseKey key) {
        OwnedLease lease = held.get(key);
        return lease != null && !lease.wasAskedFor();
    }

    /** True while {@code key} may be processed here for longer than {@code time} from now, as far as is known. */
    boolean mayOutlast(LeaseKey key, Duration time) {
        OwnedLease lease = held.get(key);
        return taking.containsKey(key) || (lease != null && lease.mayOutlast(time));
    }

    /**
     * Asks the holder for {@code key}, which must be held; what it does not give back in time is taken from it. A worker that
     * leaves gives it until its deadline.
     */
    void askFor(LeaseKey key, Duration time, String reason) {
        requireNonNull(held.get(key), "held").askFor(leaving ? untilDeadline() : time, reason);
    }

    /** Takes nothing from now on. Completes when nothing is left, which must be within {@code deadline}. */
    CompletableFuture<Void> leave(Duration deadline) {
        leaving = true;
        leaveBy = wiring.now() + deadline.toNanos();
        takeOnly(key -> false);
        released.clear();
        abandoned.clear();
        checkAllGone();
        return allGone;
    }

    /** Asks a leaving worker for all that was not asked for before, but for {@code spared}. */
    void askForRest(Set<LeaseKey> spared) {
        List.copyOf(held.values()).stream()
                .filter(lease -> !spared.contains(lease.key()))
                .forEach(lease -> lease.askFor(untilDeadline(), "this worker is leaving"));
    }

    private Duration untilDeadline() {
        return Duration.ofNanos(Math.max(0, leaveBy - wiring.now()));
    }

    /** Lets go of what the leases as last listed do not leave to us: a lease without records writes nothing and would not notice. */
    void compare() {
        List.copyOf(held.values()).forEach(lease -> book.row(lease.key()).ifPresent(lease::compare));
    }

    /**
     * Gives back what the leases as last listed say is ours, though nobody here holds it nor shall: a row that could not be
     * read was mended after its holder had given up.
     *
     * @param planned what shall be ours: that is taken again
     */
    void giveBackForgotten(Set<LeaseKey> planned) {
        Set<LeaseKey> engaged = engaged();
        book.rows().stream()
                .filter(row -> row.isOwnedBy(me) && !engaged.contains(row.key()) && !planned.contains(row.key()))
                .forEach(row -> wiring.then(
                        table.put(WriteKind.HANDOVER, row.released()),
                        settled -> log.debug("Gave back {}", row.key())));
    }

    /** Gives everything back over the holders' heads. */
    void takeAwayAll(String reason) {
        List.copyOf(held.values()).forEach(lease -> lease.takeAway(reason));
    }

    /** The worker cannot prove its ownership any more. */
    void loseAll(String reason) {
        over = true;
        for (OwnedLease lease : List.copyOf(held.values())) {
            try {
                lease.lose(reason);
            } catch (Throwable inDoubt) {
                // The heartbeat has ended, so it is not valid any more; the others must hear of it all the same.
                log.error("{} was not lost in good order", lease, inDoubt);
                wiring.listener().leaseLost(lease, reason);
            }
        }
        checkAllGone();
    }

    /** Makes the rows of a shard's children where they are missing. */
    CompletableFuture<Void> createChildren(OwnedLease parent, List<ChildShard> children) {
        List<CompletableFuture<?>> writes = new ArrayList<>();
        for (ChildShard child : children) {
            LeaseKey key = new LeaseKey(parent.key().stream(), child.id());
            Lineage lineage = new Lineage(child.parents(), List.of(), child.hashKeyRange());
            LeaseRow row = LeaseRow.fresh(key, Checkpoint.notStarted(Position.trimHorizon()), lineage);
            writes.add(table.put(WriteKind.HANDOVER, row).thenAccept(settled -> {
                if (settled.outcome() instanceof WriteOutcome.Conflict conflict) {
                    learn(conflict);
                } else {
                    book.learn(row.withRevision(1), wiring.now());
                }
            }));
        }
        return CompletableFuture.allOf(writes.toArray(CompletableFuture[]::new));
    }

    /**
     * Takes those of a finished shard's children that nobody has and whose parents are all finished. Their rows are known from their
     * creation; should one have been taken since, taking it fails.
     */
    void takeChildren(OwnedLease parent, List<ChildShard> children) {
        book.learn(parent.row(), wiring.now());
        for (ChildShard child : children) {
            List<CompletableFuture<Void>> reads = new ArrayList<>();
            for (ShardId other : child.parents()) {
                if (!other.equals(parent.key().shard())) {
                    reads.add(refresh(new LeaseKey(parent.key().stream(), other)));
                }
            }
            LeaseKey key = new LeaseKey(parent.key().stream(), child.id());
            CompletableFuture<Void> all = CompletableFuture.allOf(reads.toArray(CompletableFuture[]::new));
            wiring.then(
                    all,
                    read -> book.row(key)
                            .filter(row -> row.owner().isEmpty() && book.isReady(row))
                            .ifPresent(this::take),
                    error -> log.debug("The leader will plan the children of {}", parent));
        }
    }

    private CompletableFuture<Void> refresh(LeaseKey key) {
        return table.read((LeaseTable rows) -> rows.get(Entity.lease(key)))
                .thenAccept(found -> found.filter(LeaseRow.class::isInstance)
                        .map(LeaseRow.class::cast)
                        .ifPresent(row -> book.hear(row, wiring.now())));
    }

    void learn(WriteOutcome.Conflict conflict) {
        if (conflict.currentOrNull() instanceof LeaseRow current) {
            book.learn(current, wiring.now());
        }
    }

    void ended(OwnedLease lease) {
        held.remove(lease.key(), lease);
        book.learn(lease.row(), wiring.now());
        if (!abandoned.contains(lease.key())) {
            released.add(lease.key());
        }
        changed();
        checkAllGone();
    }

    void lost(OwnedLease lease, String reason) {
        log.debug("Lost {}: {}", lease, reason);
        abandoned.add(lease.key());
        released.remove(lease.key());
        wiring.meters().lost();
        wiring.listener().leaseLost(lease, reason);
    }

    /** The lease is being given back without its holder. */
    void abandoned(OwnedLease lease, String reason) {
        lost(lease, reason);
    }

    private void changed() {
        wiring.meters().heldIs(held.size());
        heartbeat.leasesChanged(held.size());
    }

    private void checkAllGone() {
        if ((leaving || over) && held.isEmpty() && taking.isEmpty()) {
            allGone.complete(null);
        }
    }
}
