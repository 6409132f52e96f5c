package io.millrace.lease.table;

import java.util.ArrayList;
import java.util.List;

/**
 * The rows that are looked at all the time: as many as there are workers and streams, however many shards.
 *
 * @param news how often plans were written; plans that are read after this was are at least as new
 * @param streams the streams of the application
 * @param workers the workers
 */
public record Members(long news, List<StreamRow> streams, List<WorkerRow> workers) {
    /** Copies the lists. */
    public Members {
        streams = List.copyOf(streams);
        workers = List.copyOf(workers);
    }

    /** Sorts {@code rows} by kind; rows of other kinds are left out. */
    static Members of(Iterable<? extends Row> rows) {
        long news = 0;
        List<StreamRow> streams = new ArrayList<>();
        List<WorkerRow> workers = new ArrayList<>();
        for (Row row : rows) {
            if (row instanceof NewsRow told) {
                news = told.revision();
            } else if (row instanceof StreamRow stream) {
                streams.add(stream);
            } else if (row instanceof WorkerRow worker) {
                workers.add(worker);
            }
        }
        return new Members(news, streams, workers);
    }
}
