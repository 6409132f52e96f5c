package io.millrace.cli.leases;

import io.millrace.cli.leases.Snapshot.Silence;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.Pause;
import io.millrace.lease.WorkerId;
import io.millrace.lease.table.ControlRows;
import io.millrace.lease.table.Entity;
import io.millrace.lease.table.LeaderRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.WorkerRow;
import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Looks at the table of one application, a while if need be. Blocks; for one thread. */
final class TableView {
    private static final Duration LOOK = Duration.ofMillis(200);

    private final LeaseTable table;
    private final Ticker ticker;
    private final Map<WorkerId, Sighting> sightings = new HashMap<>();

    TableView(LeaseTable table, Ticker ticker) {
        this.table = table;
        this.ticker = ticker;
    }

    private record Sighting(long revision, long since, boolean moved) {}

    /** Reads everything once; heartbeats are judged by all looks so far. */
    Snapshot look() {
        Optional<LeaderRow> leader = table.get(Entity.leader())
                .thenApply(row -> row.filter(LeaderRow.class::isInstance).map(LeaderRow.class::cast))
                .join();
        ControlRows control = watch();
        return new Snapshot(leader, control, table.listLeases().join(), silences(control));
    }

    /**
     * Watches the heartbeats until each has moved or {@code most} is over, then reads everything.
     *
     * @param most a little above the time between two heartbeats shows who lives; the failover time proves who does not
     */
    Snapshot lookAWhile(Duration most) {
        long start = ticker.nanoTime();
        ControlRows control = watch();
        while (ticker.since(start).compareTo(most) < 0 && !allMoved(control)) {
            Pause.of(LOOK);
            control = watch();
        }
        return look();
    }

    /** Fails unless no worker's heartbeat moves for {@code failover}. */
    void refuseWhileWorkersLive(Duration failover, String otherwise) {
        long start = ticker.nanoTime();
        while (true) {
            ControlRows control = watch();
            List<String> moving = control.workers().stream()
                    .map(WorkerRow::id)
                    .filter(id -> sighting(id).moved)
                    .map(WorkerId::name)
                    .distinct()
                    .sorted()
                    .collect(Collectors.toList());
            if (!moving.isEmpty()) {
                throw CommandFailure.failed(
                        "workers of the application live: " + String.join(", ", moving) + "; " + otherwise);
            }
            if (control.workers().isEmpty() || ticker.since(start).compareTo(failover) >= 0) {
                return;
            }
            Pause.of(LOOK);
        }
    }

    private ControlRows watch() {
        ControlRows control = table.listControlRows().join();
        long now = ticker.nanoTime();
        for (WorkerRow row : control.workers()) {
            Sighting before = sightings.get(row.id());
            if (before == null) {
                sightings.put(row.id(), new Sighting(row.revision(), now, false));
            } else if (before.revision != row.revision()) {
                sightings.put(row.id(), new Sighting(row.revision(), now, true));
            }
        }
        return control;
    }

    private boolean allMoved(ControlRows control) {
        return control.workers().stream().allMatch(row -> sighting(row.id()).moved);
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
}
