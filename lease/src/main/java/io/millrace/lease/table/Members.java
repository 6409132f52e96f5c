package io.millrace.lease.table;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The rows that are looked at all the time: as many as there are workers and streams, however many shards.
 *
 * @param news how often plans were written; plans that are read after this was are at least as new
 * @param streams the streams of the application
 * @param workers the workers
 * @param unreadable rows among these that cannot be read
 * @param pauses what is paused; empty where the row that says so cannot be read
 */
public record Members(
        long news,
        List<StreamRow> streams,
        List<WorkerRow> workers,
        List<UnreadableRow> unreadable,
        Optional<PauseRow> pauses) {
    /** Copies the lists. */
    public Members {
        streams = List.copyOf(streams);
        workers = List.copyOf(workers);
        unreadable = List.copyOf(unreadable);
    }

    /** Members none of which is paused. */
    public Members(long news, List<StreamRow> streams, List<WorkerRow> workers, List<UnreadableRow> unreadable) {
        this(news, streams, workers, unreadable, Optional.of(PauseRow.NONE));
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
        Optional<PauseRow> pauses = Optional.of(PauseRow.NONE);
        for (Row row : rows) {
            if (row instanceof NewsRow told) {
                news = told.revision();
            } else if (row instanceof StreamRow stream) {
                streams.add(stream);
            } else if (row instanceof WorkerRow worker) {
                workers.add(worker);
            } else if (row instanceof PauseRow paused) {
                pauses = Optional.of(paused);
            } else if (row instanceof UnreadableRow other) {
                pauses = other.entity().equals(Entity.pauses()) ? Optional.empty() : pauses;
                // Of the news the revision alone counts.
                news = other.entity().equals(Entity.news()) ? other.revision() : news;
                unreadable.add(other);
            }
        }
        return new Members(news, streams, workers, unreadable, pauses);
    }
}
