package io.millrace.lease.table;

import io.millrace.lease.WorkerId;
import io.millrace.model.StreamName;
import java.util.List;

/**
 * What the leader wants, and of whom.
 *
 * @param plans what the workers shall own
 * @param streams the streams of the application
 * @param workers the workers
 * @param unreadable rows among these that cannot be read, and others that this version does not know
 */
public record ControlRows(
        List<PlanRow> plans, List<StreamRow> streams, List<WorkerRow> workers, List<UnreadableRow> unreadable) {
    /** Copies the lists. */
    public ControlRows {
        plans = List.copyOf(plans);
        streams = List.copyOf(streams);
        workers = List.copyOf(workers);
        unreadable = List.copyOf(unreadable);
    }

    /** Rows all of which can be read. */
    public ControlRows(List<PlanRow> plans, List<StreamRow> streams, List<WorkerRow> workers) {
        this(plans, streams, workers, List.of());
    }

    /** Puts together what was read apart. */
    public ControlRows(List<PlanRow> plans, Members members) {
        this(plans, members.streams(), members.workers(), members.unreadable());
    }

    /** The same with other plans. */
    public ControlRows withPlans(List<PlanRow> others) {
        return new ControlRows(others, streams, workers, unreadable);
    }

    /** True when there is a row of {@code worker}, be it one that cannot be read. */
    public boolean hasWorker(WorkerId worker) {
        return workers.stream().anyMatch(row -> row.id().equals(worker))
                || unreadable.stream().anyMatch(row -> row.entity().equals(Entity.worker(worker)));
    }

    /** True when there is a row about {@code stream}, be it one that cannot be read. */
    public boolean hasRowOf(StreamName stream) {
        return streams.stream().anyMatch(row -> row.name().equals(stream))
                || unreadable.stream().anyMatch(row -> row.entity().equals(Entity.stream(stream)));
    }
}
