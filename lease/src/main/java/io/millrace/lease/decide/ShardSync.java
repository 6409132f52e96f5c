package io.millrace.lease.decide;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.Lineage;
import io.millrace.lease.table.StreamRow;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Compares a stream's shards with its leases.
 *
 * <p>Where a missing lease begins follows the KCL. At the application's first look at the stream: at the initial
 * position; LATEST is the moment that is pinned in the stream's row, and covers all that may hold records of after it, also
 * shards that were closed since. Later: at TRIM_HORIZON, because whatever appears then follows something
 * the application has been reading (at AT_TIMESTAMP if that is the initial position and no parent is known).
 *
 * <p>A shard without a lease gets one unless a descendant was begun: then it was read before. The exception is a shard that
 * a descendant is still waiting for.
 */
public final class ShardSync {
    private final StreamRow stream;
    private final Map<ShardId, Shard> listed = new TreeMap<>();
    private final Map<ShardId, LeaseRow> leases = new HashMap<>();
    private final Set<ShardId> awaited = new HashSet<>();
    /** Shards before one that was begun. */
    private final Set<ShardId> ancestors = new HashSet<>();

    /** Shards before one whose row cannot be read: they were read, or that one waits for them. */
    private final Set<ShardId> unsure = new HashSet<>();

    /** Shards whose leases' rows cannot be read: they may have been begun, so nothing is made before them or in their place. */
    private final Set<ShardId> unreadable;

    private ShardSync(
            StreamRow stream, Collection<Shard> shards, Collection<LeaseRow> rows, Collection<LeaseKey> unreadable) {
        this.stream = stream;
        shards.forEach(shard -> listed.put(shard.id(), shard));
        rows.stream()
                .filter(row -> row.key().stream().equals(stream.name()))
                .forEach(row -> leases.put(row.key().shard(), row));
        this.unreadable = unreadable.stream()
                .filter(key -> key.stream().equals(stream.name()))
                .map(LeaseKey::shard)
                .collect(Collectors.toSet());
        leases.values().forEach(this::readBefore);
        listed.values().stream()
                .filter(shard -> this.unreadable.contains(shard.id()))
                .forEach(shard -> shard.parents().forEach(parent -> add(parent, unsure)));
    }

    /**
     * What was begun shows that all before it was read. What was not begun shows only that whatever it does not wait for
     * was read, or shall not be.
     */
    private void readBefore(LeaseRow row) {
        List<ShardId> before = new ArrayList<>(row.lineage().parents());
        Shard shard = listed.get(row.key().shard());
        if (shard != null) {
            before.addAll(shard.parents());
        }
        if (row.isNotStarted()) {
            awaited.addAll(row.lineage().parents());
            before.removeAll(row.lineage().parents());
        }
        before.forEach(parent -> add(parent, ancestors));
    }

    /**
     * What to write, each under the revision it carries, in this order, so that a parent is there before its child.
     *
     * @param stream the stream's row
     * @param shards all that the stream lists; at the first look from LATEST, those that may hold records of after its
     *     moment
     * @param leases all leases
     */
    public static List<LeaseRow> changes(StreamRow stream, Collection<Shard> shards, Collection<LeaseRow> leases) {
        return changes(stream, shards, leases, List.of());
    }

    /**
     * The same where some leases' rows cannot be read: they are there, and stay as they are.
     *
     * @param unreadable the leases of those rows
     */
    public static List<LeaseRow> changes(
            StreamRow stream, Collection<Shard> shards, Collection<LeaseRow> leases, Collection<LeaseKey> unreadable) {
        ShardSync sync = new ShardSync(stream, shards, leases, unreadable);
        List<LeaseRow> changes = new ArrayList<>();
        sync.parentsFirst().forEach(shard -> {
            LeaseRow row = sync.missing(shard);
            if (row != null) {
                sync.leases.put(shard.id(), row);
                changes.add(row);
            }
        });
        changes.addAll(sync.freed());
        return changes;
    }

    /**
     * The shards that retention took before the application had read them, as changes of leases show, by the lease that
     * shows them: a shard's parents that are neither listed nor have a lease, though the application has been reading the
     * stream since before they came. The shard itself is among them if it waits for no parent: it was opened when those
     * were closed, so that its beginning is gone as well.
     *
     * @param stream the stream's row
     * @param shards all that the stream lists
     * @param leases all leases before the changes
     * @param unreadable leases whose rows cannot be read; each may have been read
     */
    public static Map<ShardId, NavigableSet<ShardId>> unread(
            StreamRow stream,
            Collection<Shard> shards,
            Collection<LeaseRow> leases,
            Collection<LeaseKey> unreadable,
            Collection<LeaseRow> changes) {
        ShardSync sync = new ShardSync(stream, shards, leases, unreadable);
        Map<ShardId, NavigableSet<ShardId>> all = new HashMap<>();
        changes.forEach(change -> all.put(change.key().shard(), sync.unreadBefore(change)));
        return all;
    }

    private NavigableSet<ShardId> unreadBefore(LeaseRow change) {
        ShardId id = change.key().shard();
        Shard shard = listed.get(id);
        LeaseRow before = leases.get(id);
        boolean isLate = before == null ? stream.synced() : before.isNotStarted() && before.epoch() == 0;
        NavigableSet<ShardId> unread = new TreeSet<>();
        if (shard != null && isLate) {
            List<ShardId> parents =
                    before == null ? shard.parents() : before.lineage().parents();
            parents.stream()
                    .filter(parent -> !listed.containsKey(parent) && !hasRow(parent))
                    .forEach(unread::add);
            boolean parentsAreGone = !parents.isEmpty() && parents.stream().noneMatch(listed::containsKey);
            if (parentsAreGone && change.lineage().parents().isEmpty()) {
                unread.add(id);
            }
        }
        return unread;
    }

    /**
     * True when a list of shards is younger than the lease's shard: it names that one or a later one. Ids are given in
     * rising order, and the newest shard of a stream is open and always listed.
     */
    static boolean knows(Collection<ShardId> listed, LeaseRow row) {
        return listed.stream().anyMatch(id -> id.compareTo(row.key().shard()) >= 0);
    }

    private boolean hasRow(ShardId id) {
        return leases.containsKey(id) || unreadable.contains(id);
    }

    private void add(ShardId id, Set<ShardId> those) {
        Shard shard = listed.get(id);
        if (those.add(id) && shard != null) {
            shard.parents().forEach(parent -> add(parent, those));
        }
    }

    private List<Shard> parentsFirst() {
        List<Shard> ordered = new ArrayList<>();
        Set<ShardId> done = new HashSet<>();
        listed.values().forEach(shard -> visit(shard, ordered, done));
        return ordered;
    }

    private void visit(Shard shard, List<Shard> ordered, Set<ShardId> done) {
        if (done.add(shard.id())) {
            for (ShardId parent : shard.parents()) {
                Shard known = listed.get(parent);
                if (known != null) {
                    visit(known, ordered, done);
                }
            }
            ordered.add(shard);
        }
    }

    private @Nullable LeaseRow missing(Shard shard) {
        boolean wasReadBefore = ancestors.contains(shard.id()) && !awaited.contains(shard.id());
        if (hasRow(shard.id()) || wasReadBefore || isUnsure(shard)) {
            return null;
        }
        List<ShardId> parents = shard.parents().stream().filter(this::hasRow).toList();
        boolean later = stream.synced() || awaited.contains(shard.id());
        LeaseKey key = new LeaseKey(stream.name(), shard.id());
        Lineage lineage = new Lineage(parents, List.of(), shard.hashKeyRange());
        return LeaseRow.fresh(key, Checkpoint.notStarted(start(later, !parents.isEmpty())), lineage);
    }

    /**
     * True if the shard may have been read, or follows one of which that is not known: were its row made now, it would not wait for
     * the shards before it. It is made once the row can be read that stands in the way.
     */
    private boolean isUnsure(Shard shard) {
        boolean isUnsure = !awaited.contains(shard.id())
                && (unsure.contains(shard.id())
                        || shard.parents().stream()
                                .anyMatch(parent -> listed.containsKey(parent)
                                        && !hasRow(parent)
                                        && !ancestors.contains(parent)
                                        && unsure.contains(parent)));
        if (isUnsure) {
            unsure.add(shard.id());
        }
        return isUnsure;
    }

    private Position.Initial start(boolean later, boolean follows) {
        Position.Initial initial = stream.initialPosition();
        if (initial instanceof Position.Latest) {
            return later || follows
                    ? Position.trimHorizon()
                    : new Position.AtTimestamp(stream.began()
                            .orElseThrow(() -> new IllegalStateException("nobody has pinned LATEST of " + stream)));
        }
        return initial instanceof Position.AtTimestamp && later && follows ? Position.trimHorizon() : initial;
    }

    /**
     * Leases that wait for parents which will never come: the stream lists them no more and they have no lease. A list that
     * was made before the child was says nothing of its parents.
     */
    private List<LeaseRow> freed() {
        List<LeaseRow> freed = new ArrayList<>();
        for (LeaseRow row : leases.values()) {
            List<ShardId> parents = row.lineage().parents();
            List<ShardId> real = parents.stream()
                    .filter(parent -> hasRow(parent) || listed.containsKey(parent))
                    .toList();
            // One that was reset may name an owner that waits as well, or is gone.
            if (row.isNotStarted() && real.size() < parents.size() && knows(listed.keySet(), row)) {
                freed.add(row.waitingFor(real));
            }
        }
        return freed;
    }
}
