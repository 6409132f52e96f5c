package io.millrace.cli.leases;

import io.millrace.cli.terminal.CommandFailure;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.kcl.KclStream;
import io.millrace.lease.table.ControlRows;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.StreamRow;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What an import writes, in this order: first the rows that keep workers from starting, then the leases, and last the rows
 * that let them. So an import that dies half way leaves nothing to start from, and run again it ends what it began.
 *
 * @param barriers the streams' rows during the import; those that stand there from a former try carry their revision and
 *     need no write
 * @param leases the leases to write, each under the revision it carries
 * @param kept the leases that are there already, from a former try
 * @param notes what else somebody should know
 */
record ImportPlan(List<StreamRow> barriers, List<LeaseRow> leases, List<LeaseRow> kept, List<String> notes) {
    ImportPlan {
        barriers = List.copyOf(barriers);
        leases = List.copyOf(leases);
        kept = List.copyOf(kept);
        notes = List.copyOf(notes);
    }

    /**
     * Decides. A pure function.
     *
     * @param imported the leases as they shall be
     * @param streams the streams of those leases
     * @param control what the table says of streams
     * @param present the leases that are in the table
     * @param overwrite true when those may be replaced
     * @throws CommandFailure if it must not be done; the message says why
     */
    static ImportPlan of(
            List<LeaseRow> imported,
            Collection<KclStream> streams,
            ControlRows control,
            List<LeaseRow> present,
            boolean overwrite) {
        Map<StreamName, StreamRow> known = new TreeMap<>();
        control.streams().forEach(row -> known.put(row.name(), row));
        Map<LeaseKey, LeaseRow> before = new TreeMap<>();
        present.forEach(row -> before.put(row.key(), row));
        List<StreamRow> barriers = new ArrayList<>();
        for (KclStream stream : streams) {
            StreamRow row = known.get(stream.name());
            if (row != null && !row.identity().equals(stream.identity())) {
                throw CommandFailure.failed("stream " + stream.name()
                        + " is not the one that the application has read before; nothing was changed");
            }
            barriers.add(
                    row != null
                            ? row.duringImport()
                            : new StreamRow(stream.name(), 0, stream.identity(), Position.trimHorizon(), false)
                                    .duringImport());
        }
        List<LeaseRow> writes = new ArrayList<>();
        List<LeaseRow> kept = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        for (KclStream stream : streams) {
            StreamRow row = known.get(stream.name());
            boolean again = row != null && row.importing();
            List<LeaseRow> own = imported.stream()
                    .filter(lease -> lease.key().stream().equals(stream.name()))
                    .toList();
            List<LeaseRow> replaced = new ArrayList<>();
            for (LeaseRow lease : own) {
                LeaseRow old = before.get(lease.key());
                if (old == null) {
                    writes.add(lease);
                } else if (again && isSettled(old, lease)) {
                    kept.add(old);
                } else {
                    replaced.add(old.movedTo(lease.checkpoint(), lease.lineage()));
                }
            }
            replaced.addAll(forgotten(stream, own, before, notes));
            if (!replaced.isEmpty() && !overwrite && !again) {
                throw CommandFailure.failed(
                        "the application has a lease of " + replaced.get(0).key()
                                + " already, nothing was changed; with --overwrite its checkpoint is replaced");
            }
            writes.addAll(replaced);
        }
        return new ImportPlan(barriers, writes, kept, notes);
    }

    /** Of two moments that stand for LATEST the earlier one holds: nothing is skipped. */
    private static boolean isSettled(LeaseRow old, LeaseRow lease) {
        if (old.owner().isPresent()) {
            return false;
        }
        boolean sameMoment = old.checkpoint() instanceof Checkpoint.NotStarted was
                && lease.checkpoint() instanceof Checkpoint.NotStarted is
                && was.position() instanceof Position.AtTimestamp first
                && is.position() instanceof Position.AtTimestamp second
                && !first.time().isAfter(second.time());
        return sameMoment || old.checkpoint().equals(lease.checkpoint());
    }

    /**
     * Leases that the application has and the KCL has not. Of what it has read before the KCL has no rows any more: that is
     * finished. The others stay.
     */
    private static List<LeaseRow> forgotten(
            KclStream stream, List<LeaseRow> imported, Map<LeaseKey, LeaseRow> before, List<String> notes) {
        Set<ShardId> ancestors = ancestors(stream, imported);
        Set<LeaseKey> known = imported.stream().map(LeaseRow::key).collect(Collectors.toSet());
        List<LeaseRow> finished = new ArrayList<>();
        for (LeaseRow old : before.values()) {
            boolean isRest =
                    old.key().stream().equals(stream.name()) && !known.contains(old.key()) && !old.isFinished();
            if (isRest && ancestors.contains(old.key().shard())) {
                finished.add(old.movedTo(Checkpoint.shardEnd(), old.lineage()));
            } else if (isRest) {
                notes.add(old.key() + ": left as it is, the KCL has no row of it");
            }
        }
        return finished;
    }

    private static Set<ShardId> ancestors(KclStream stream, List<LeaseRow> imported) {
        Deque<ShardId> open = new ArrayDeque<>();
        imported.forEach(lease -> open.addAll(parents(stream, lease.key().shard())));
        Set<ShardId> ancestors = new HashSet<>();
        while (!open.isEmpty()) {
            ShardId next = open.remove();
            if (ancestors.add(next)) {
                open.addAll(parents(stream, next));
            }
        }
        return ancestors;
    }

    private static List<ShardId> parents(KclStream stream, ShardId shard) {
        return stream.shard(shard).map(Shard::parents).orElse(List.of());
    }
}
