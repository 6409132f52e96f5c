package io.millrace.lease.decide;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.table.LeaseRow;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which finished leases may be deleted. A row is also what tells a late write that it is late, so it stays for as long as
 * anything of its shard could be read: it goes once the shard is processed to its end, the stream lists it no more
 * because retention has passed, and all its children have begun. What makes such a row again, however late, can make
 * nothing be read twice.
 */
public final class Cleanup {
    private Cleanup() {}

    /**
     * The rows to delete.
     *
     * @param stream the stream
     * @param listed all that the stream lists; a list made before a shard was proves nothing of it
     * @param leases all leases as one list of the table showed them: children are made before their parent is finished, so
     *     a list that shows the end shows them too
     */
    public static List<LeaseRow> obsolete(StreamName stream, Collection<Shard> listed, Collection<LeaseRow> leases) {
        return obsolete(stream, listed, leases, List.of());
    }

    /**
     * The same where some leases' rows cannot be read: they may wait for their parents.
     *
     * @param unreadable the leases of those rows
     */
    public static List<LeaseRow> obsolete(
            StreamName stream, Collection<Shard> listed, Collection<LeaseRow> leases, Collection<LeaseKey> unreadable) {
        Set<ShardId> needed = listed.stream().map(Shard::id).collect(Collectors.toCollection(HashSet::new));
        Optional<ShardId> newest = needed.stream().max(Comparator.naturalOrder());
        List<LeaseRow> own =
                leases.stream().filter(row -> row.key().stream().equals(stream)).toList();
        own.stream()
                .filter(LeaseRow::isNotStarted)
                .forEach(row -> needed.addAll(row.lineage().parents()));
        return own.stream()
                .filter(row -> row.lineage().children().stream()
                        .noneMatch(child -> unreadable.contains(new LeaseKey(stream, child))))
                .filter(row -> row.isFinished() && !needed.contains(row.key().shard()))
                // A list that was made before the shard was says nothing of it.
                .filter(row ->
                        newest.filter(id -> id.compareTo(row.key().shard()) > 0).isPresent())
                .toList();
    }
}
