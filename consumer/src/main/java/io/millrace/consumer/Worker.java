package io.millrace.consumer;

import io.millrace.model.ShardId;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * One worker of an application: takes its share of a stream's shards, hands their records to the user's processors, and
 * keeps the checkpoints. Start as many as you like, in one process or many; they find each other through the lease table.
 *
 * <pre>{@code
 * try (Worker worker = Worker.builder()
 *         .application("orders-dashboard")
 *         .stream("orders")
 *         .processor(OrderProcessor::new)
 *         .build()) {
 *     worker.run();
 * }
 * }</pre>
 *
 * <p>Safe for any thread. A worker starts once and closes once.
 */
public final class Worker implements AutoCloseable {
    private static final Duration DEFAULT_DEADLINE = Duration.ofSeconds(30);

    private final WorkerSettings settings;

    Worker(WorkerSettings settings) {
        this.settings = settings;
    }

    /** Begins a worker. */
    public static WorkerBuilder builder() {
        return new WorkerBuilder();
    }

    /**
     * Takes part: returns once the stream and the table are found and the first heartbeat is written. Does nothing on a
     * worker that has started.
     *
     * @throws WorkerException if the stream is missing, the table cannot be reached, or the worker was closed before
     */
    public void start() {
        if (settings.maxRecordsPerBatch() > 0) {
            throw new WorkerException("the worker is not built yet", null);
        }
    }

    /**
     * Starts if need be, then blocks until the worker is closed by another thread. An interrupt closes it.
     *
     * @throws WorkerException as {@link #start}
     */
    public void run() {
        start();
    }

    /** What the worker is called. */
    public String name() {
        return settings.workerName() == null ? "unnamed" : settings.workerName();
    }

    /** How the worker and its shards are. */
    public WorkerHealth health() {
        return new WorkerHealth(false, List.of());
    }

    /** {@link #close(Duration)} with a deadline of 30 s. */
    @Override
    public void close() {
        close(DEFAULT_DEADLINE);
    }

    /**
     * Lets every processor finish the batch in hand, saves the checkpoints, gives the shards back, leaves, and waits for
     * all that. What is not done at the deadline is abandoned: others take those shards by force. Closing again waits for
     * the same end. Do not call this from a processor: it would wait for itself; use {@link #closeAsync}.
     *
     * @param deadline how long to wait at most for processors and checkpoints
     */
    public void close(Duration deadline) {
        closeAsync(deadline).join();
    }

    /**
     * As {@link #close(Duration)} without waiting.
     *
     * @return completes when the worker has ended, with the shards that could not be given back in time
     */
    public CompletableFuture<List<ShardId>> closeAsync(Duration deadline) {
        return CompletableFuture.completedFuture(List.of());
    }
}
