package io.millrace.cli.leases;

import io.millrace.cli.leases.Snapshot.Silence;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.Pause;
import io.millrace.lease.WorkerId;
import io.millrace.lease.decide.Fleet;
import io.millrace.lease.decide.Liveness;
import io.millrace.lease.table.ControlRows;
import io.millrace.lease.table.Entity;
import io.millrace.lease.table.HealthRow;
import io.millrace.lease.table.LeaderRow;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.Listing;
import io.millrace.lease.table.PauseRow;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.StreamRow;
import io.millrace.lease.table.TableUnavailableException;
import io.millrace.lease.table.UnreadableRow;
import io.millrace.lease.table.WorkerRow;
import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;

/** Looks at the table of one application, a while if need be; a missing table is an empty one. Blocks; for one thread. */
final class TableView {
    private static final Duration LOOK = Duration.ofMillis(200);
    private static final int MOST_NAMES = 3;

    private final LeaseTable table;
    private final Ticker ticker;
    private final Duration failover;
    private final Liveness liveness;
    private final Map<WorkerId, Sighting> sightings = new HashMap<>();
    private Fleet fleet = new Fleet(0, new TreeMap<>());
    private boolean watched;
    private boolean tableIsMissing;

    TableView(LeaseTable table, Ticker ticker, Duration failover) {
        this.table = table;
        this.ticker = ticker;
        this.failover = failover;
        this.liveness = new Liveness(failover);
    }

    private record Sighting(long revision, long since, boolean moved) {}

    /** Reads everything once; heartbeats are judged by all looks so far. */
    Snapshot look() {
        Optional<LeaderRow> leader = leader();
        ControlRows control = watch();
        return new Snapshot(leader, control, leases(), fleet, silences(control), unreadable());
    }

    /** True when there was no such table at one of the looks so far. */
    boolean tableIsMissing() {
        return tableIsMissing;
    }

    /** The leader's row. */
    Optional<LeaderRow> leader() {
        return join(table.get(Entity.leader()), Optional.empty())
                .filter(LeaderRow.class::isInstance)
                .map(LeaderRow.class::cast);
    }

    /** The row that tells of new plans. */
    Optional<Row> news() {
        return join(table.get(Entity.news()), Optional.empty());
    }

    /** The pauses; none where the row that holds them cannot be read. */
    PauseRow pauses() {
        return join(table.get(Entity.pauses()), Optional.empty())
                .filter(PauseRow.class::isInstance)
                .map(PauseRow.class::cast)
                .orElse(PauseRow.NONE);
    }

    /** The words of workers about their leases. */
    List<HealthRow> told() {
        return join(table.listHealth(), List.of());
    }

    /** All leases. */
    List<LeaseRow> leases() {
        return join(table.listLeases(), List.of());
    }

    /** All rows that cannot be read. */
    List<UnreadableRow> unreadable() {
        List<UnreadableRow> rows = unreadableOfStreams();
        join(table.get(Entity.leader()), Optional.empty())
                .filter(UnreadableRow.class::isInstance)
                .map(UnreadableRow.class::cast)
                .ifPresent(rows::add);
        return rows;
    }

    /** The same but the leader's: all that may be about a stream. */
    List<UnreadableRow> unreadableOfStreams() {
        List<UnreadableRow> rows = new ArrayList<>(control().unreadable());
        rows.addAll(join(table.inspectLeases(), new Listing<LeaseRow>(List.of(), List.of()))
                .unreadable());
        return rows;
    }

    /** Fails if one of those rows that cannot be read is about a stream or a lease that {@code matters}. */
    void refuseUnreadable(Predicate<UnreadableRow> matters) {
        unreadableOfStreams().stream()
                .filter(row -> row.stream().isPresent() && matters.test(row))
                .findFirst()
                .ifPresent(row -> {
                    throw CommandFailure.failed("the row '" + row.entity() + "' of the lease table cannot be read ("
                            + row.reason() + "), nothing was changed; mend the row or delete it first");
                });
    }

    /** All rows but the leases and the leader's. */
    ControlRows control() {
        return join(table.listControlRows(), new ControlRows(List.of(), List.of(), List.of()));
    }

    /**
     * Watches the heartbeats until each has moved or {@code most} is over, then reads everything.
     *
     * @param most a little above the time between two heartbeats shows who lives; the failover time proves who does not
     */
    Snapshot lookAWhile(Duration most) {
        ControlRows control = watch();
        // From here: the first call also makes the connection.
        long start = ticker.nanoTime();
        while (ticker.since(start).compareTo(most) < 0 && !allMoved(control)) {
            Pause.of(LOOK);
            control = watch();
        }
        return look();
    }

    /** Fails unless no worker's heartbeat moves for the failover time, and none joins meanwhile. */
    void refuseWhileWorkersLive(String otherwise) {
        long start = ticker.nanoTime();
        while (true) {
            ControlRows control = watch();
            if (!moved(control).isEmpty()) {
                // Each beats within three tenths of the failover time: the others that live are told, too.
                lookAWhile(failover.multipliedBy(3).dividedBy(10));
                refuseMoved(control(), otherwise);
            }
            if (heartbeats(control).isEmpty() || ticker.since(start).compareTo(failover) >= 0) {
                return;
            }
            Pause.of(LOOK);
        }
    }

    /** The workers that have not moved at any look so far: once {@link #refuseWhileWorkersLive} has returned, none of them lives. */
    Set<WorkerId> still() {
        return sightings.keySet().stream().filter(id -> !sighting(id).moved).collect(Collectors.toSet());
    }

    /** Fails if a worker has moved or joined since the first look. */
    void refuseWhoMoved(String otherwise) {
        refuseMoved(watch(), otherwise);
    }

    private void refuseMoved(ControlRows control, String otherwise) {
        List<String> moved = moved(control);
        if (!moved.isEmpty()) {
            throw CommandFailure.failed("workers of the application live: " + named(moved) + "; " + otherwise);
        }
    }

    private List<String> moved(ControlRows control) {
        return heartbeats(control).keySet().stream()
                .filter(id -> sighting(id).moved)
                .map(WorkerId::name)
                .distinct()
                .sorted()
                .toList();
    }

    /** All of a few names; of many the first ones and how many more there are. */
    static String named(List<String> names) {
        return names.size() <= MOST_NAMES
                ? String.join(", ", names)
                : String.join(", ", names.subList(0, MOST_NAMES)) + " and " + (names.size() - MOST_NAMES) + " more";
    }

    /** Fails where an import or a deletion broke off: some of the checkpoints are missing. */
    void refuseUnfinished() {
        control().streams().stream().filter(StreamRow::importing).findFirst().ifPresent(stream -> {
            throw CommandFailure.failed("an import of stream " + stream.name()
                    + " has not finished, so some checkpoints are missing; run it again first");
        });
        refuseUnfinishedDeletion();
    }

    /** Fails where a deletion broke off. */
    void refuseUnfinishedDeletion() {
        control().streams().stream().filter(StreamRow::deleting).findFirst().ifPresent(stream -> {
            throw CommandFailure.failed("a deletion of stream " + stream.name()
                    + " has not finished, so some checkpoints are missing; run `millrace leases delete` again first");
        });
    }

    private ControlRows watch() {
        long sentAt = ticker.nanoTime();
        ControlRows control = control();
        long now = ticker.nanoTime();
        fleet = liveness.observe(control.workers(), control.unreadable(), sentAt, now);
        heartbeats(control).forEach((id, revision) -> {
            Sighting before = sightings.get(id);
            // A worker that was not there at the first look has joined since: it lives.
            if (before == null) {
                sightings.put(id, new Sighting(revision, now, watched));
            } else if (before.revision != revision) {
                sightings.put(id, new Sighting(revision, now, true));
            }
        });
        watched = true;
        return control;
    }

    private boolean allMoved(ControlRows control) {
        return heartbeats(control).keySet().stream().allMatch(id -> sighting(id).moved);
    }

    /** Of each worker the revision of its row, which moves while it lives, also if this version cannot read the rest. */
    private static SortedMap<WorkerId, Long> heartbeats(ControlRows control) {
        SortedMap<WorkerId, Long> heartbeats = new TreeMap<>();
        control.workers().forEach(row -> heartbeats.put(row.id(), row.revision()));
        control.unreadable().forEach(row -> row.worker().ifPresent(id -> heartbeats.put(id, row.revision())));
        return heartbeats;
    }

    private Sighting sighting(WorkerId id) {
        return sightings.getOrDefault(id, new Sighting(0, ticker.nanoTime(), false));
    }

    private Map<WorkerId, Silence> silences(ControlRows control) {
        Map<WorkerId, Silence> silences = new HashMap<>();
        for (WorkerRow row : control.workers()) {
            Sighting seen = sighting(row.id());
            silences.put(row.id(), new Silence(ticker.since(seen.since), seen.moved));
        }
        return silences;
    }

    private <T> T join(CompletableFuture<T> read, T whenMissing) {
        try {
            return read.join();
        } catch (CompletionException error) {
            if (error.getCause() instanceof TableUnavailableException gone
                    && gone.getCause() instanceof ResourceNotFoundException) {
                tableIsMissing = true;
                return whenMissing;
            }
            throw error;
        }
    }
}
