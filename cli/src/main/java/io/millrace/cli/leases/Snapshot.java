package io.millrace.cli.leases;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import io.millrace.lease.decide.LeaseBook;
import io.millrace.lease.table.ControlRows;
import io.millrace.lease.table.LeaderRow;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.PlanRow;
import io.millrace.lease.table.WorkerRow;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What the table said, and what was seen of the heartbeats.
 *
 * @param leader who leads, if anybody
 * @param control workers, plans and streams
 * @param leases all leases in order
 * @param silences for how long each worker's heartbeat did not move at the end of the watch; a worker that was not watched is
 *     missing
 */
record Snapshot(
        Optional<LeaderRow> leader, ControlRows control, List<LeaseRow> leases, Map<WorkerId, Silence> silences) {
    Snapshot {
        leases = leases.stream().sorted(Comparator.comparing(LeaseRow::key)).toList();
        silences = Map.copyOf(silences);
    }

    /**
     * What a watch showed of one worker.
     *
     * @param lasted how long its heartbeat had not moved when the watch ended
     * @param moved false when it did not move during the whole watch
     */
    record Silence(Duration lasted, boolean moved) {}

    /** Where a lease stands. */
    enum State {
        FINISHED,
        WAITS_FOR_PARENTS,
        OPEN
    }

    State state(LeaseRow lease) {
        if (lease.isFinished()) {
            return State.FINISHED;
        }
        LeaseBook book = new LeaseBook();
        book.replaceAll(leases, 0, 0);
        return book.isReady(lease) ? State.OPEN : State.WAITS_FOR_PARENTS;
    }

    Optional<WorkerRow> worker(WorkerId id) {
        return control.workers().stream().filter(row -> row.id().equals(id)).findFirst();
    }

    /** The plan that names this lease; of two the younger leader's. */
    Optional<PlanRow> plan(LeaseKey lease) {
        return control.plans().stream()
                .filter(plan -> plan.leases().containsKey(lease))
                .max(Comparator.comparingLong(PlanRow::leaderEpoch));
    }

    /** How many leases the worker owns that are not finished. */
    long owned(WorkerId id) {
        return leases.stream()
                .filter(lease -> lease.isOwnedBy(id) && !lease.isFinished())
                .count();
    }

    /** The workers whose heartbeats moved during the watch. */
    List<WorkerId> living() {
        return silences.entrySet().stream()
                .filter(entry -> entry.getValue().moved())
                .map(Map.Entry::getKey)
                .sorted()
                .collect(Collectors.toList());
    }
}
