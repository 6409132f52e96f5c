package io.millrace.lease.kcl;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.ShardDirectory.StreamIdentity;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.Lineage;
import io.millrace.lease.table.TableRefusedException;
import io.millrace.model.Checkpoint;
import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import io.millrace.model.PendingCheckpoint;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** Turns leases of the KCL into ours and back. Pure functions. */
public final class KclTranslation {
    private static final String TRIM_HORIZON = "TRIM_HORIZON";
    private static final String LATEST = "LATEST";
    private static final String AT_TIMESTAMP = "AT_TIMESTAMP";
    private static final String SHARD_END = "SHARD_END";

    private KclTranslation() {}

    /**
     * What an import makes of a table.
     *
     * @param leases the leases, new and owned by nobody
     * @param notes what somebody should know: what was left out, and why
     */
    public record Imported(List<LeaseRow> leases, List<String> notes) {
        /** Copies the lists. */
        public Imported {
            leases = List.copyOf(leases);
            notes = List.copyOf(notes);
        }
    }

    /**
     * The moments that rows of the KCL leave open.
     *
     * @param now where LATEST begins: read later as it stands, it would skip what came until then
     * @param atTimestamp what AT_TIMESTAMP stands for, which the KCL keeps in its configuration
     */
    public record Moments(Instant now, Optional<Instant> atTimestamp) {}

    /** True when the table's rows name their streams themselves. */
    public static boolean isMultiStream(KclSnapshot table) {
        return table.leases().keySet().stream().anyMatch(key -> key.indexOf(':') >= 0);
    }

    /** The streams that the rows name; none in a table of one stream. */
    public static Set<StreamName> streams(KclSnapshot table) {
        Set<StreamName> names = new TreeSet<>();
        table.leases().keySet().stream().filter(key -> key.indexOf(':') >= 0).forEach(key -> {
            String[] parts = key.split(":", -1);
            if (parts.length != 4) {
                throw refused(key, "it is not account:stream:creation:shard");
            }
            names.add(new StreamName(parts[1]));
        });
        return names;
    }

    /**
     * Leases of ours that go on where the KCL's stopped. As the KCL has it, a parent without a row is done.
     *
     * @param streams the streams by how the rows name them: {@link KclStream#serialized}, or the one stream under {@code ""}
     * @throws TableRefusedException if a row cannot be taken over; nothing is left out silently
     */
    public static Imported toLeases(KclSnapshot table, Map<String, KclStream> streams, Moments moments) {
        List<LeaseRow> leases = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        for (KclLease lease : table.leases().values()) {
            int middle = lease.leaseKey().lastIndexOf(':');
            String prefix = lease.leaseKey().substring(0, Math.max(0, middle));
            KclStream stream = streams.get(prefix);
            if (stream == null) {
                throw refused(lease.leaseKey(), "its stream is unknown, or was deleted and made again since");
            }
            ShardId shard = new ShardId(lease.leaseKey().substring(middle + 1));
            Optional<HashKeyRange> range = hashKeys(lease, stream.shard(shard));
            if (range.isEmpty()) {
                notes.add(lease.leaseKey() + ": left out, the stream has no such shard any more");
                continue;
            }
            if (lease.pending().isPresent() && pending(lease).isEmpty()) {
                notes.add(
                        lease.leaseKey()
                                + ": its pending checkpoint names no record and is left out, reading goes on at the completed one");
            }
            List<ShardId> parents = lease.parents().stream()
                    .filter(parent -> table.leases().containsKey(prefix.isEmpty() ? parent : prefix + ":" + parent))
                    .map(ShardId::new)
                    .toList();
            List<ShardId> children = lease.children().stream().map(ShardId::new).toList();
            LeaseRow row = LeaseRow.fresh(
                    new LeaseKey(stream.name(), shard),
                    checkpoint(lease, moments),
                    new Lineage(parents, children, range.get()));
            leases.add(pending(lease).map(row::withPending).orElse(row));
        }
        return new Imported(leases, notes);
    }

    /**
     * The KCL's rows for {@code leases}; a time to begin at is lost on the way, the KCL has it in its configuration.
     *
     * @param identities the streams; with more than one, or if {@code multiStream}, the keys name them
     */
    public static SortedMap<String, KclLease> toKcl(
            Collection<LeaseRow> leases, Map<StreamName, StreamIdentity> identities, boolean multiStream) {
        SortedMap<String, KclLease> rows = new TreeMap<>();
        for (LeaseRow lease : leases) {
            StreamName stream = lease.key().stream();
            StreamIdentity identity = identities.get(stream);
            if (multiStream && identity == null) {
                throw new TableRefusedException("the table has no row about stream " + stream, null);
            }
            String prefix = multiStream && identity != null ? KclStream.serialized(stream, identity) + ":" : "";
            Lineage lineage = lease.lineage();
            Checkpoint checkpoint = lease.checkpoint();
            long sub = checkpoint instanceof Checkpoint.Processed processed
                    ? processed.position().subSequenceNumber()
                    : 0;
            KclLease row = new KclLease(
                    prefix + lease.key().shard(),
                    0,
                    text(checkpoint),
                    sub,
                    lease.pending()
                            .map(prepared -> new KclLease.Pending(
                                    prepared.position().sequenceNumber().toString(),
                                    prepared.position().subSequenceNumber(),
                                    prepared.state())),
                    lineage.parents().stream().map(ShardId::value).toList(),
                    lineage.children().stream().map(ShardId::value).toList(),
                    Optional.of(new KclLease.HashKeys(
                            lineage.hashKeyRange().start().toString(),
                            lineage.hashKeyRange().end().toString())));
            rows.put(row.leaseKey(), row);
        }
        return rows;
    }

    private static String text(Checkpoint checkpoint) {
        if (checkpoint instanceof Checkpoint.NotStarted start) {
            Position.Initial position = start.position();
            return position instanceof Position.TrimHorizon
                    ? TRIM_HORIZON
                    : position instanceof Position.Latest ? LATEST : AT_TIMESTAMP;
        }
        return checkpoint instanceof Checkpoint.Processed processed
                ? processed.position().sequenceNumber().toString()
                : SHARD_END;
    }

    private static Checkpoint checkpoint(KclLease lease, Moments moments) {
        try {
            return switch (lease.checkpoint()) {
                case TRIM_HORIZON -> Checkpoint.notStarted(Position.trimHorizon());
                case LATEST -> Checkpoint.notStarted(new Position.AtTimestamp(moments.now));
                case AT_TIMESTAMP ->
                    Checkpoint.notStarted(new Position.AtTimestamp(moments.atTimestamp.orElseThrow(() -> refused(
                            lease.leaseKey(),
                            "it begins at a time that only the KCL's configuration has; give it with"
                                    + " --at-timestamp"))));
                case SHARD_END -> Checkpoint.shardEnd();
                default ->
                    Checkpoint.processed(
                            new RecordPosition(SequenceNumber.parse(lease.checkpoint()), lease.subSequence()));
            };
        } catch (IllegalArgumentException error) {
            throw refused(lease.leaseKey(), String.valueOf(error.getMessage()));
        }
    }

    /** A checkpoint may be prepared at a shard's end too, which names no record. */
    private static Optional<PendingCheckpoint> pending(KclLease lease) {
        try {
            return lease.pending()
                    .filter(prepared -> prepared.checkpoint().chars().allMatch(Character::isDigit))
                    .map(prepared -> new PendingCheckpoint(
                            new RecordPosition(SequenceNumber.parse(prepared.checkpoint()), prepared.subSequence()),
                            prepared.state()));
        } catch (IllegalArgumentException error) {
            throw refused(lease.leaseKey(), "its pending checkpoint: " + error.getMessage());
        }
    }

    private static Optional<HashKeyRange> hashKeys(KclLease lease, Optional<Shard> shard) {
        try {
            return lease.hashKeys()
                    .map(keys -> new HashKeyRange(HashKey.parse(keys.start()), HashKey.parse(keys.end())))
                    .or(() -> shard.map(Shard::hashKeyRange));
        } catch (IllegalArgumentException error) {
            throw refused(lease.leaseKey(), String.valueOf(error.getMessage()));
        }
    }

    private static TableRefusedException refused(String key, String why) {
        return new TableRefusedException("the KCL's row '" + key + "' cannot be taken over: " + why, null);
    }
}
