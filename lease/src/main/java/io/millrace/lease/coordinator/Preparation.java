package io.millrace.lease.coordinator;

import io.millrace.lease.LeaseException;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.ServiceTimeMissingException;
import io.millrace.lease.ShardDirectory.StreamIdentity;
import io.millrace.lease.StreamNotFoundException;
import io.millrace.lease.StreamRefusedException;
import io.millrace.lease.coordinator.LeaseSettings.StreamSettings;
import io.millrace.lease.coordinator.StartFailedException.Needed;
import io.millrace.lease.table.Entity;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.StreamRow;
import io.millrace.lease.table.TableRefusedException;
import io.millrace.lease.table.UnreadableRow;
import io.millrace.lease.table.WriteOutcome;
import io.millrace.model.Position;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.runtime.Backoff;
import io.millrace.runtime.FatalErrors;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What must be there before a worker joins: the table, and a row for each stream that pins what the stream is and where
 * it is read from. Tries again what may pass, until the start timeout.
 *
 * <p>Belongs to the loop.
 */
final class Preparation {
    private static final Logger log = LoggerFactory.getLogger(Preparation.class);
    private static final Duration TABLE_POLL = Duration.ofMillis(100);
    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(1));

    private final Wiring wiring;
    private final SureTable table;
    private final long startedAt;
    private final Map<StreamName, String> unreadable = new TreeMap<>();

    Preparation(Wiring wiring, SureTable table) {
        this.wiring = wiring;
        this.table = table;
        this.startedAt = wiring.now();
    }

    /**
     * Prepares for {@code streams}. Which of them have rows that cannot be read, {@link #unreadable} tells then. Asks for the table and the streams at the same time: each first call of a process also makes a connection and loads
     * its client. Fails with a {@link LeaseException} that says what to do.
     */
    CompletableFuture<Void> run(List<StreamSettings> streams) {
        CompletableFuture<Void> tableReady = ensureTable(streams);
        List<CompletableFuture<Void>> pins = new ArrayList<>();
        for (StreamSettings stream : streams) {
            pins.add(identify(stream)
                    .thenCombine(tableReady, (identity, ready) -> identity)
                    .thenCompose(identity ->
                            checkOtherName(stream.name(), identity).thenCompose(ok -> pin(stream, identity))));
        }
        return CompletableFuture.allOf(pins.toArray(CompletableFuture[]::new));
    }

    /** Streams whose rows cannot be read, each with the reason: they must not be read, for nothing tells which they were. */
    Map<StreamName, String> unreadable() {
        return unreadable;
    }

    /** As above, and fails when one of the streams has a row that cannot be read. */
    CompletableFuture<Void> runAll(List<StreamSettings> streams) {
        return run(streams).thenAccept(done -> {
            if (!unreadable.isEmpty()) {
                throw refusal();
            }
        });
    }

    /** Says why the streams whose rows cannot be read are not. */
    StartFailedException refusal() {
        Map.Entry<StreamName, String> first = unreadable.entrySet().iterator().next();
        return new StartFailedException(
                "the row of stream " + first.getKey() + " in the lease table cannot be read (" + first.getValue()
                        + "), so nothing tells whether it is the stream that its leases are about; mend the row, or start"
                        + " anew with `millrace leases delete APP --stream " + first.getKey() + "`",
                null);
    }

    private CompletableFuture<Void> ensureTable(List<StreamSettings> streams) {
        return persist(Needed.LEASE_TABLE, () -> table.read(LeaseTable::ensureTable))
                .thenCompose(ready -> ready ? tryReads(streams) : ensureTableSoon(streams));
    }

    /**
     * A worker that may not read would wait for ever once it has joined. That it may not read leases by their keys is no reason not to
     * start; a cold client's first call takes long, and for this one shards stand still.
     */
    private CompletableFuture<Void> tryReads(List<StreamSettings> streams) {
        CompletableFuture<?> one = persist(Needed.LEASE_TABLE, () -> table.read(rows -> rows.get(Entity.leader())));
        CompletableFuture<?> many = persist(Needed.LEASE_TABLE, () -> table.read(LeaseTable::listMembers));
        List<LeaseKey> some = streams.stream()
                .map(stream -> new LeaseKey(stream.name(), ShardId.of(0)))
                .toList();
        wiring.then(
                table.read(rows -> rows.getLeases(some)),
                found -> {},
                error -> log.debug("Leases cannot be read by their keys: {}", error.getMessage()));
        return CompletableFuture.allOf(one, many);
    }

    private CompletableFuture<Void> ensureTableSoon(List<StreamSettings> streams) {
        CompletableFuture<Void> later = new CompletableFuture<>();
        wiring.later(TABLE_POLL, () -> later.complete(null));
        return later.thenCompose(done -> ensureTable(streams));
    }

    private CompletableFuture<StreamIdentity> identify(StreamSettings stream) {
        return persist(
                Needed.STREAM_SERVICE,
                () -> table.ask(
                        Needed.STREAM_SERVICE.toString(),
                        () -> wiring.directory().identify(stream.name())));
    }

    /** A stream that the application knows by its plain name is not begun anew by its qualified one. */
    private CompletableFuture<Void> checkOtherName(StreamName name, StreamIdentity identity) {
        if (name.arn().isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        StreamName plain = new StreamName(name.plain());
        return persist(Needed.LEASE_TABLE, () -> table.read(rows -> rows.get(Entity.stream(plain))))
                .thenAccept(row -> {
                    if (row.isPresent()
                            && row.get() instanceof StreamRow other
                            && other.identity().equals(identity)) {
                        throw new StartFailedException(
                                "this application reads stream " + identity.arn() + " as " + plain
                                        + " already; give it by that name, or let the worker call"
                                        + " kinesis:DescribeStreamSummary by name, which tells it that the stream is its own",
                                null);
                    }
                });
    }

    /**
     * Writes the row unless there is one. LATEST is pinned with it as the service's time of now: whatever is put once a
     * worker has started comes after that, whichever worker makes the leases and when.
     */
    private CompletableFuture<Void> pin(StreamSettings stream, StreamIdentity identity) {
        StreamRow fresh = new StreamRow(stream.name(), 0, identity, stream.initialPosition(), false);
        if (!fresh.lacksBegin()) {
            return pin(stream, fresh);
        }
        return persist(Needed.LEASE_TABLE, () -> table.read(rows -> rows.get(fresh.entity())))
                .thenCompose(found -> found.isPresent()
                        ? pin(stream, fresh)
                        : persist(Needed.STREAM_SERVICE, () -> serviceTime(stream))
                                .thenCompose(now -> pin(stream, fresh.beganAt(now))));
    }

    private CompletableFuture<Instant> serviceTime(StreamSettings stream) {
        return table.ask(
                Needed.STREAM_SERVICE.toString(), () -> wiring.directory().serviceTime(stream.name()));
    }

    /** Creates the row; the conflict shows the one that is there. */
    private CompletableFuture<Void> pin(StreamSettings stream, StreamRow fresh) {
        StreamIdentity identity = fresh.identity();
        return persist(Needed.LEASE_TABLE, () -> table.read(rows -> rows.put(fresh)))
                .thenAccept(outcome -> {
                    if (outcome instanceof WriteOutcome.Conflict conflict) {
                        if (conflict.currentOrNull() instanceof StreamRow pinned) {
                            compare(stream, identity, pinned);
                        } else if (conflict.currentOrNull() instanceof UnreadableRow damaged) {
                            unreadable.put(stream.name(), damaged.reason());
                        }
                    }
                });
    }

    private void compare(StreamSettings stream, StreamIdentity found, StreamRow pinned) {
        if (pinned.deleting()) {
            throw new StartFailedException(
                    "a deletion of this application's rows of stream " + stream.name() + " has not finished; run"
                            + " `millrace leases delete` again to its end",
                    null);
        }
        if (!pinned.identity().equals(found)) {
            throw new StreamReplacedException(stream.name(), pinned.identity(), found);
        }
        if (pinned.importing()) {
            throw new StartFailedException(
                    "an import of leases of stream " + stream.name() + " has not finished, so some checkpoints are"
                            + " missing; run `millrace leases import` again to its end",
                    null);
        }
        if (!pinned.initialPosition().equals(stream.initialPosition())) {
            log.warn(
                    "Stream {} began at {} when this application first started, and still does for shards it has not"
                            + " read; the setting {} is not used",
                    stream.name(),
                    spoken(pinned.initialPosition()),
                    spoken(stream.initialPosition()));
        }
    }

    private static String spoken(Position.Initial position) {
        if (position instanceof Position.AtTimestamp at) {
            return at.time().toString();
        }
        return position instanceof Position.Latest ? "latest" : "trim_horizon";
    }

    /** Calls until there is an answer, a final refusal, or no time left. */
    private <T> CompletableFuture<T> persist(Needed whom, Supplier<CompletableFuture<T>> call) {
        CompletableFuture<T> result = new CompletableFuture<>();
        attempt(whom, call, result, 1);
        return result;
    }

    private <T> void attempt(Needed whom, Supplier<CompletableFuture<T>> call, CompletableFuture<T> result, int count) {
        wiring.then(call.get(), result::complete, error -> {
            if (error instanceof StreamNotFoundException
                    || error instanceof StreamRefusedException
                    || error instanceof TableRefusedException
                    || error instanceof ServiceTimeMissingException) {
                result.completeExceptionally(error);
            } else if (FatalErrors.isFatal(error)) {
                result.completeExceptionally(new StartFailedException(
                        whom + " cannot be used: " + error
                                + "; are there two versions of the AWS SDK on the class path?",
                        error));
            } else if (wiring.platform()
                            .ticker()
                            .since(startedAt)
                            .compareTo(wiring.settings().startTimeout())
                    >= 0) {
                result.completeExceptionally(giveUp(whom, error));
            } else {
                log.debug("Trying again, {} did not answer: {}", whom, error.getMessage());
                wiring.later(
                        BACKOFF.delay(count, wiring.platform().random()), () -> attempt(whom, call, result, count + 1));
            }
        });
    }

    private LeaseException giveUp(Needed whom, Throwable error) {
        return new StartFailedException(
                "gave up starting after " + wiring.settings().startTimeout().toSeconds() + " s, " + whom
                        + " cannot be used: " + error.getMessage(),
                error,
                whom);
    }
}
