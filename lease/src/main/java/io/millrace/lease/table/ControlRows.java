package io.millrace.lease.table;

import java.util.List;

/**
 * What the leader wants, and of whom.
 *
 * @param plans what the workers shall own
 * @param streams the streams of the application
 * @param workers the workers
 */
public record ControlRows(List<PlanRow> plans, List<StreamRow> streams, List<WorkerRow> workers) {
    /** Copies the lists. */
    public ControlRows {
        plans = List.copyOf(plans);
        streams = List.copyOf(streams);
        workers = List.copyOf(workers);
    }

    /** Puts together what was read apart. */
    public ControlRows(List<PlanRow> plans, Members members) {
        this(plans, members.streams(), members.workers());
    }

    /** The same with other plans. */
    public ControlRows withPlans(List<PlanRow> others) {
        return new ControlRows(others, streams, workers);
    }
}
