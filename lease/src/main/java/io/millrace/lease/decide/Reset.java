package io.millrace.lease.decide;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.Lineage;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What it takes to read a stream again from another position. Every shard that the stream lists begins there, the finished
 * ones too and those that have no lease, because the application began after them or never had one; each waits for
 * its parents as at the first time. A finished lease of a shard that is listed no more stays: there is nothing left to read.
 */
public final class Reset {
    private Reset() {}

    /**
     * The rows to write where no worker lives, parents before their children, each under the revision it carries; where some do,
     * their checkpoints and their lineage are what counts.
     *
     * @param stream the stream
     * @param from where to begin
     * @param skipsPast true when {@code from} is now: then nothing is read again
     * @param shards all that the stream lists; with {@code skipsPast} those that may hold records of after {@code from}
     * @param leases all leases
     */
    public static List<LeaseRow> changes(
            StreamName stream,
            Position.Initial from,
            boolean skipsPast,
            Collection<Shard> shards,
            Collection<LeaseRow> leases) {
        Map<ShardId, LeaseRow> rows = new TreeMap<>();
        leases.stream()
                .filter(row -> row.key().stream().equals(stream))
                .forEach(row -> rows.put(row.key().shard(), row));
        Map<ShardId, Shard> listed = new TreeMap<>();
        shards.forEach(shard -> listed.put(shard.id(), shard));
        Checkpoint start = Checkpoint.notStarted(from);
        List<LeaseRow> changes = new ArrayList<>();
        rows.values().stream()
                .filter(row ->
                        !row.isFinished() && !listed.containsKey(row.key().shard()))
                .forEach(row -> changes.add(row.movedTo(start, row.lineage())));
        for (Shard shard : listed.values()) {
            LeaseRow row = rows.get(shard.id());
            List<ShardId> parents = shard.parents().stream()
                    .filter(parent -> rows.containsKey(parent) || listed.containsKey(parent))
                    .toList();
            if (row == null) {
                LeaseKey key = new LeaseKey(stream, shard.id());
                changes.add(LeaseRow.fresh(key, start, new Lineage(parents, List.of(), shard.hashKeyRange())));
            } else if (!(skipsPast && row.isFinished())) {
                changes.add(
                        row.movedTo(start, new Lineage(parents, row.lineage().children(), shard.hashKeyRange())));
            }
        }
        // Ids are given in rising order, so a parent's comes before its child's.
        changes.sort(Comparator.comparing(LeaseRow::key));
        return changes;
    }

    /**
     * The lineage of a single lease after its reset. A lease that was begun does not wait for parents without a row: they were read
     * to their ends, and their rows never come again.
     *
     * @param leases all leases
     */
    public static Lineage place(LeaseRow lease, Collection<LeaseRow> leases) {
        Lineage before = lease.lineage();
        if (lease.isNotStarted()) {
            return before;
        }
        List<ShardId> left = before.parents().stream()
                .filter(parent ->
                        leases.stream().anyMatch(row -> row.key().equals(new LeaseKey(lease.key().stream(), parent))))
                .toList();
        return new Lineage(left, before.children(), before.hashKeyRange());
    }
}
