package io.millrace.lease.table;

import java.util.ArrayList;
import java.util.List;

/**
 * Every row that is neither a lease nor the leader's: as many as there are workers and streams, however many shards.
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

    /** Sorts {@code rows} by kind; rows of other kinds are left out. */
    public static ControlRows of(Iterable<? extends Row> rows) {
        List<PlanRow> plans = new ArrayList<>();
        List<StreamRow> streams = new ArrayList<>();
        List<WorkerRow> workers = new ArrayList<>();
        for (Row row : rows) {
            if (row instanceof PlanRow plan) {
                plans.add(plan);
            } else if (row instanceof StreamRow stream) {
                streams.add(stream);
            } else if (row instanceof WorkerRow worker) {
                workers.add(worker);
            }
        }
        return new ControlRows(plans, streams, workers);
    }
}
