package io.millrace.cli.leases;

import io.millrace.lease.WorkerId;
import io.millrace.lease.decide.Fleet;
import io.millrace.lease.table.ControlRows;
import io.millrace.lease.table.HealthRow;
import io.millrace.lease.table.LeaderRow;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.PauseRow;
import io.millrace.lease.table.UnreadableRow;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the table said, and what was seen of the heartbeats.
 *
 * @param leader who leads, if anybody
 * @param control workers, plans and streams
 * @param leases all leases in order
 * @param fleet the workers as the leader judges them, by the looks so far
 * @param silences what the looks so far showed of each worker's heartbeat
 * @param unreadable rows that cannot be read
 * @param told what workers tell of their leases
 * @param pauses what is paused
 * @param now when that was read, on this machine's wall clock
 */
record Snapshot(
        Optional<LeaderRow> leader,
        ControlRows control,
        List<LeaseRow> leases,
        Fleet fleet,
        Map<WorkerId, Silence> silences,
        List<UnreadableRow> unreadable,
        List<HealthRow> told,
        PauseRow pauses,
        Instant now) {
    Snapshot {
        leases = leases.stream().sorted(Comparator.comparing(LeaseRow::key)).toList();
        silences = Map.copyOf(silences);
        unreadable = List.copyOf(unreadable);
        told = List.copyOf(told);
    }

    Snapshot(
            Optional<LeaderRow> leader,
            ControlRows control,
            List<LeaseRow> leases,
            Fleet fleet,
            Map<WorkerId, Silence> silences) {
        this(leader, control, leases, fleet, silences, List.of());
    }

    Snapshot(
            Optional<LeaderRow> leader,
            ControlRows control,
            List<LeaseRow> leases,
            Fleet fleet,
            Map<WorkerId, Silence> silences,
            List<UnreadableRow> unreadable) {
        this(leader, control, leases, fleet, silences, unreadable, List.of(), PauseRow.NONE, Instant.EPOCH);
    }

    /** The same with what workers tell and what people paused, read at {@code time}. */
    Snapshot told(List<HealthRow> rows, PauseRow paused, Instant time) {
        return new Snapshot(leader, control, leases, fleet, silences, unreadable, rows, paused, time);
    }

    /**
     * What a watch showed of one worker.
     *
     * @param lasted how long its heartbeat had not moved when the watch ended
     * @param moved false when it did not move during the whole watch
     */
    record Silence(Duration lasted, boolean moved) {}

    /** True when the table holds nothing of the application. */
    boolean isEmpty() {
        return leases.isEmpty()
                && control.workers().isEmpty()
                && control.streams().isEmpty()
                && unreadable.isEmpty();
    }

    /** How many leases the worker owns that are not finished. */
    long owned(WorkerId id) {
        return leases.stream()
                .filter(lease -> lease.isOwnedBy(id) && !lease.isFinished())
                .count();
    }

    /** How many leases the worker shall own. */
    int planned(WorkerId id) {
        return control.plans().stream()
                .filter(plan -> plan.worker().equals(id))
                .mapToInt(plan -> plan.leases().size())
                .sum();
    }

    /** True when nothing was seen of the heartbeat of {@code worker}. */
    boolean isSilent(WorkerId worker) {
        Silence silence = silences.get(worker);
        return silence == null || !silence.moved();
    }
}
