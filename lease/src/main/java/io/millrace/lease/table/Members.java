package io.millrace.lease.table;

import java.util.ArrayList;
import java.util.List;

/**
 * The rows that are looked at all the time: as many as there are workers and streams, however many shards.
 *
 * @param news how often plans were written; plans that are read after this was are at least as new
 * @param streams the streams of the application
 * @param workers the workers
 * @param unreadable rows among these that cannot be read
 */
public record Members(long news, List<StreamRow> streams, List<WorkerRow> workers, List<UnreadableRow> unreadable) {
    /** Copies the lists. */
    public Members {
        streams = List.copyOf(streams);
        workers = List.copyOf(workers);
        unreadable = List.copyOf(unreadable);
    }

    /** Members all of which can be read. */
    public Members(long news, List<StreamRow> streams, List<WorkerRow> workers) {
        this(news, streams, workers, List.of());
    }

    /** Sorts {@code rows} by kind; rows of other kinds are left out. */
    static Members of(Iterable<? extends Row> rows) {
        long news = 0;
        List<StreamRow> streams = new ArrayList<>();
        List<WorkerRow> workers = new ArrayList<>();
        List<UnreadableRow> unreadable = new ArrayList<>();
        for (Row row : rows) {
            if (row instanceof NewsRow told) {
                news = told.revision();
            } else if (row instanceof StreamRow stream) {
                streams.add(stream);
            } else if (row instanceof WorkerRow worker) {
                workers.add(worker);
            } else if (row instanceof UnreadableRow other) {
                // Of the news the revision alone counts.
                news = other.entity().equals(Entity.news()) ? other.revision() : news;
                unreadable.add(other);
            }
        }
        return new Members(news, streams, workers, unreadable);
    }
}
