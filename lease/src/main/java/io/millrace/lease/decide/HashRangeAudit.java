package io.millrace.lease.decide;

import io.millrace.lease.table.LeaseRow;
import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import io.millrace.model.StreamName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Looks for hash keys that nobody will ever read: a record with such a key would be lost. Between the first look at a
 * stream and its end the leases that are not finished cover all hash keys, because children are made before their parent
 * is finished; so a hole means that rows were lost, or that a shard ended without its children being known.
 */
public final class HashRangeAudit {
    private HashRangeAudit() {}

    /** The ranges that no unfinished lease of {@code stream} covers, in order; none when all is well. */
    public static List<HashKeyRange> holes(StreamName stream, Collection<LeaseRow> leases) {
        List<HashKeyRange> covered = leases.stream()
                .filter(row -> row.key().stream().equals(stream) && !row.isFinished())
                .map(row -> row.lineage().hashKeyRange())
                .sorted(Comparator.comparing(HashKeyRange::start))
                .toList();
        List<HashKeyRange> holes = new ArrayList<>();
        HashKey next = HashKeyRange.ALL.start();
        for (HashKeyRange range : covered) {
            if (range.start().compareTo(next) > 0) {
                holes.add(new HashKeyRange(next, range.start().previous()));
            }
            if (range.end().equals(HashKeyRange.ALL.end())) {
                return holes;
            }
            if (range.end().compareTo(next) >= 0) {
                next = range.end().next();
            }
        }
        holes.add(new HashKeyRange(next, HashKeyRange.ALL.end()));
        return holes;
    }
}
