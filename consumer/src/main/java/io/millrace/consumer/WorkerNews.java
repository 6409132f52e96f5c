package io.millrace.consumer;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.LeaseKey;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.StreamName;
import io.millrace.runtime.EventLoop;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells what happens to a worker: to its listener, whose errors stay there, and in the log, one line at INFO for every lease
 * that comes or goes. When many do at once, as at a start, the rest of them is one line.
 *
 * <p>Belongs to the worker's event loop.
 */
final class WorkerNews {
    private static final Logger log = LoggerFactory.getLogger(WorkerNews.class);

    /** So many lines of a kind come before the others are summed up. */
    static final int LINES = 20;

    /** For so long lines are counted. */
    static final Duration WINDOW = Duration.ofSeconds(5);

    private final String worker;
    private final WorkerListener listener;
    private final EventLoop loop;
    private final Map<Kind, Integer> lines = new EnumMap<>(Kind.class);
    private final Map<Kind, Map<StreamName, Integer>> untold = new EnumMap<>(Kind.class);
    private boolean counting;

    WorkerNews(String worker, WorkerListener listener, EventLoop loop) {
        this.worker = worker;
        this.listener = listener;
        this.loop = loop;
    }

    private enum Kind {
        TAKEN("took"),
        GIVEN("gave back"),
        LOST("lost"),
        ENDED("ended");

        private final String verb;

        Kind(String verb) {
            this.verb = verb;
        }
    }

    /** A lease was taken; its consumer begins at {@code from}. */
    void taken(WorkerEvent.LeaseTaken event, Checkpoint from) {
        LeaseKey key = new LeaseKey(event.stream(), event.shard());
        line(Kind.TAKEN, key, "took " + key + ", epoch " + event.epoch() + ": begins " + place(from));
        tell(event);
    }

    /** A lease was given back or lost. */
    void gone(WorkerEvent.LeaseLost event) {
        LeaseKey key = new LeaseKey(event.stream(), event.shard());
        Kind kind = event.released() ? Kind.GIVEN : Kind.LOST;
        line(kind, key, kind.verb + " " + key + ", epoch " + event.epoch() + ": " + event.reason());
        tell(event);
    }

    /** A shard was processed to its end. */
    void ended(WorkerEvent.ShardEnded event) {
        LeaseKey key = new LeaseKey(event.stream(), event.shard());
        line(Kind.ENDED, key, "ended " + key + ", epoch " + event.epoch() + ": followed by " + event.children());
        tell(event);
    }

    /** Tells the listener alone. Whatever it throws, the worker goes on. */
    void tell(WorkerEvent event) {
        try {
            listener.onEvent(event);
        } catch (Throwable thrown) {
            log.warn("the listener of worker {} threw at {}; the worker goes on", worker, event, thrown);
        }
    }

    /** Logs what is not logged yet. */
    void sumUp() {
        counting = false;
        lines.clear();
        untold.forEach((kind, streams) -> {
            int all = streams.values().stream().mapToInt(Integer::intValue).sum();
            log.info("{} {} {} more shards within {} s: {}", worker, kind.verb, all, WINDOW.toSeconds(), streams);
        });
        untold.clear();
    }

    private void line(Kind kind, LeaseKey key, String line) {
        if (!counting) {
            counting = true;
            try {
                EventLoop.Cancellable unused = loop.schedule(WINDOW, this::sumUp);
            } catch (RejectedExecutionException closed) {
                counting = false;
            }
        }
        if (lines.merge(kind, 1, Integer::sum) <= LINES) {
            log.info("{} {}", worker, line);
        } else {
            log.debug("{} {}", worker, line);
            requireNonNull(untold.computeIfAbsent(kind, first -> new TreeMap<>()))
                    .merge(key.stream(), 1, Integer::sum);
        }
    }

    private static String place(Checkpoint checkpoint) {
        Position from = checkpoint.resumeAt().orElse(null);
        if (from instanceof Position.AfterRecord after) {
            long sub = after.record().subSequenceNumber();
            return "after " + after.record().sequenceNumber() + (sub == 0 ? "" : "/" + sub);
        }
        if (from instanceof Position.AtTimestamp at) {
            return "at " + at.time();
        }
        if (from instanceof Position.Latest) {
            return "at latest";
        }
        return from == null ? "at the shard's end" : "at trim_horizon";
    }
}
