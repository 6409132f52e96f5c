package io.millrace.lease.coordinator;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.LostTable;
import io.millrace.lease.ShardDirectory;
import io.millrace.lease.StreamNotFoundException;
import io.millrace.lease.decide.Cleanup;
import io.millrace.lease.decide.HashRangeAudit;
import io.millrace.lease.decide.LeaseBook;
import io.millrace.lease.decide.ShardSync;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.Lineage;
import io.millrace.lease.table.Listing;
import io.millrace.lease.table.StreamRow;
import io.millrace.model.Checkpoint;
import io.millrace.model.HashKeyRange;
import io.millrace.model.Position;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares the leases of a stream with the shards that it lists: the leader makes what is missing, removes what is processed and
 * past retention, and tells of hash keys that nobody would read.
 *
 * <p>Belongs to the loop.
 */
final class ShardSyncer {
    private static final Logger log = LoggerFactory.getLogger(ShardSyncer.class);

    private final Wiring wiring;
    private final SureTable table;
    private final LeaseBook book;
    /** Shards that were told to be gone unread. */
    private final Set<LeaseKey> toldUnread = new HashSet<>();

    private final Map<StreamName, Integer> holes = new HashMap<>();
    /** Leases whose rows could not be read the last time. */
    private List<LeaseKey> unreadable = List.of();

    ShardSyncer(Wiring wiring, SureTable table, LeaseBook book) {
        this.wiring = wiring;
        this.table = table;
        this.book = book;
    }

    /** Leases whose rows could not be read the last time. */
    List<LeaseKey> unreadable() {
        return unreadable;
    }

    /** Reads all leases into the book. */
    CompletableFuture<Listing<LeaseRow>> readLeases() {
        long sentAt = wiring.now();
        return table.read(LeaseTable::inspectLeases).thenApply(listing -> {
            book.replaceAll(listing.rows(), sentAt, wiring.now());
            unreadable = listing.unreadable().stream()
                    .flatMap(row -> row.lease().stream())
                    .toList();
            return listing;
        });
    }

    /**
     * Makes the leases that are missing of what {@code stream} lists, and removes those that nobody needs any more.
     *
     * @param isOwn true when this worker reads the stream itself
     * @param isTold true when it was told already that shards cannot be listed
     */
    CompletableFuture<Void> sync(StreamRow stream, boolean isOwn, boolean isTold) {
        return stream.lacksBegin()
                ? begin(stream).thenCompose(begun -> syncBegun(begun, isOwn, isTold))
                : syncBegun(stream, isOwn, isTold);
    }

    /** A worker of a former version made the row and left the moment of LATEST to the leader. */
    private CompletableFuture<StreamRow> begin(StreamRow stream) {
        return table.ask("the stream service", () -> wiring.directory().serviceTime(stream.name()))
                .thenCompose(now -> {
                    StreamRow begun = stream.beganAt(now);
                    return table.put(WriteKind.CONTROL, begun)
                            .thenCompose(settled -> settled.outcome().isApplied()
                                    ? CompletableFuture.completedFuture(begun.withRevision(begun.revision() + 1))
                                    : CompletableFuture.failedFuture(
                                            new IllegalStateException(stream.entity() + " was changed meanwhile")));
                });
    }

    private CompletableFuture<Void> syncBegun(StreamRow stream, boolean isOwn, boolean isTold) {
        CompletableFuture<List<Shard>> shards = table.ask("the stream service", () -> listShards(stream, isOwn));
        wiring.then(shards, found -> {}, error -> {
            // A stream that is gone is the owner's to tell.
            if (!isTold && !(error instanceof StreamNotFoundException)) {
                log.warn("Cannot list the shards of {}, trying again: {}", stream.name(), error.getMessage());
            }
        });
        CompletableFuture<Listing<LeaseRow>> leases = readLeases();
        CompletableFuture<List<Shard>> since = stream.synced() || stream.began().isEmpty()
                ? shards
                : table.ask(
                        "the stream service",
                        () -> wiring.directory()
                                .listShardsSince(stream.name(), stream.began().get()));
        return shards.thenCompose(
                found -> since.thenCompose(recent -> leases.thenCompose(rows -> apply(stream, found, recent, rows))));
    }

    /** Of a stream that only others read nobody here would notice that it is another one by now. */
    private CompletableFuture<List<Shard>> listShards(StreamRow stream, boolean isOwn) {
        ShardDirectory directory = wiring.directory();
        CompletableFuture<List<Shard>> listed = directory.listShards(stream.name());
        return isOwn
                ? listed
                : listed.thenCompose(shards -> directory.identify(stream.name()).thenApply(found -> {
                    if (!found.equals(stream.identity())) {
                        throw new StreamNotFoundException(stream.name());
                    }
                    return shards;
                }));
    }

    /**
     * Writes what is missing.
     *
     * @param shards all that the stream lists
     * @param recent those of them that matter to an application that has just begun
     */
    private CompletableFuture<Void> apply(
            StreamRow stream, List<Shard> shards, List<Shard> recent, Listing<LeaseRow> leases) {
        if (isLost(stream, leases.rows(), unreadable)) {
            return lost(stream);
        }
        List<LeaseRow> changes = ShardSync.changes(stream, recent, book.rows(), unreadable);
        Map<ShardId, NavigableSet<ShardId>> gone = ShardSync.unread(stream, shards, book.rows(), unreadable, changes);
        audit(stream, changes, covered(shards, unreadable, stream.name()));
        List<CompletableFuture<Void>> parallel = new ArrayList<>();
        changes.stream()
                .filter(lease -> lease.lineage().parents().isEmpty())
                .forEach(lease -> parallel.add(
                        put(lease, requireNonNull(gone.get(lease.key().shard())))));
        // A parent without a row counts as read, so its children's rows come after its own.
        CompletableFuture<Void> written = CompletableFuture.allOf(parallel.toArray(CompletableFuture[]::new));
        for (LeaseRow lease : changes) {
            if (!lease.lineage().parents().isEmpty()) {
                written = written.thenCompose(
                        done -> put(lease, requireNonNull(gone.get(lease.key().shard()))));
            }
        }
        // What the book knows beyond the list may be a parent's end without the children that were made before it.
        for (LeaseRow row : Cleanup.obsolete(stream.name(), shards, leases.rows(), unreadable)) {
            log.debug("{} is processed and past retention; its row goes", row.key());
            parallel.add(table.delete(WriteKind.CLEANUP, row).thenAccept(settled -> book.forget(row)));
        }
        CompletableFuture<Void> rest = written;
        return CompletableFuture.allOf(parallel.toArray(CompletableFuture[]::new))
                .thenCompose(done -> rest)
                .thenCompose(done -> stream.synced()
                        ? rest
                        : table.put(WriteKind.CONTROL, stream.afterSync()).thenAccept(settled -> {}));
    }

    /** Writes a lease; if that was on us, tells of the shards that retention took before it. */
    private CompletableFuture<Void> put(LeaseRow lease, NavigableSet<ShardId> unread) {
        return table.put(WriteKind.CREATION, lease).thenAccept(settled -> {
            if (settled.outcome().isApplied()) {
                unread.stream()
                        .map(shard -> new LeaseKey(lease.key().stream(), shard))
                        .filter(toldUnread::add)
                        .forEach(shard -> wiring.listener()
                                .shardExpired(
                                        shard,
                                        shard.equals(lease.key())
                                                ? "retention has passed the beginning of this shard before it was read"
                                                : "retention has taken this shard before the application had a lease of it;"
                                                        + " reading goes on with " + lease.key()));
            }
        });
    }

    /** From the first look on a stream has leases: an open shard's goes only when its children's are there. */
    private static boolean isLost(StreamRow stream, List<LeaseRow> leases, List<LeaseKey> unreadable) {
        return stream.synced()
                && leases.stream().noneMatch(row -> row.key().stream().equals(stream.name()))
                && unreadable.stream().noneMatch(key -> key.stream().equals(stream.name()));
    }

    /** New leases would read all again. To begin again the stream's row goes as well, which everybody sees and acts on. */
    private CompletableFuture<Void> lost(StreamRow stream) {
        CompletableFuture<Void> seen = wiring.settings().onLostTable() == LostTable.RESTART
                ? table.delete(WriteKind.CONTROL, stream).thenAccept(settled -> {})
                : CompletableFuture.completedFuture(null);
        return seen.thenRun(() -> wiring.loss().report("all leases of stream " + stream.name() + " are gone"));
    }

    /** A lease whose row cannot be read leaves no hole: that row was told of, and stands for its shard. */
    private static List<LeaseRow> covered(List<Shard> shards, List<LeaseKey> unreadable, StreamName stream) {
        return shards.stream()
                .filter(shard -> unreadable.contains(new LeaseKey(stream, shard.id())))
                .map(shard -> LeaseRow.fresh(
                        new LeaseKey(stream, shard.id()),
                        Checkpoint.notStarted(Position.trimHorizon()),
                        new Lineage(List.of(), List.of(), shard.hashKeyRange())))
                .toList();
    }

    /** Tells once of hash keys that nobody would read. */
    private void audit(StreamRow stream, List<LeaseRow> changes, List<LeaseRow> covered) {
        List<LeaseRow> known = new ArrayList<>(book.rows());
        known.addAll(covered);
        List<HashKeyRange> found =
                stream.synced() ? HashRangeAudit.holes(stream.name(), known) : List.<HashKeyRange>of();
        List<LeaseRow> mended = new ArrayList<>(known);
        mended.addAll(changes);
        boolean stays =
                !found.isEmpty() && !HashRangeAudit.holes(stream.name(), mended).isEmpty();
        int before = holes.getOrDefault(stream.name(), 0);
        holes.put(stream.name(), found.size());
        wiring.meters()
                .holesAre(holes.values().stream().mapToInt(Integer::intValue).sum());
        if (!found.isEmpty() && before == 0) {
            log.warn(
                    "Stream {}: no open lease covers {} ranges of hash keys, the first {}; {}",
                    stream.name(),
                    found.size(),
                    found.get(0),
                    stays
                            ? "the stream lists no shard that would; its leases must be reset"
                            : "the leases of the shards that the stream lists there are made now");
        }
    }
}
