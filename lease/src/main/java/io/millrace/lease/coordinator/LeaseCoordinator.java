package io.millrace.lease.coordinator;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.lease.LeaseListener;
import io.millrace.lease.ShardDirectory;
import io.millrace.lease.WorkerId;
import io.millrace.lease.table.LeaseTable;
import io.millrace.runtime.Platform;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * One worker's part in sharing the shards of an application's streams.
 *
 * <p>All methods are safe for any thread. Everything inside runs on one event loop, which the coordinator makes and
 * closes; the listener is called there.
 */
public final class LeaseCoordinator {
    private final WorkerId id;

    private LeaseCoordinator(LeaseSettings settings, Platform platform) {
        this.id = new WorkerId(
                settings.workerName(), Long.toHexString(platform.random().nextLong()));
    }

    /**
     * A coordinator that has not started.
     *
     * @param table the rows of this application
     * @param listener is told what this worker owns
     * @param meters where {@code millrace.lease.*} is measured
     */
    public static LeaseCoordinator create(
            LeaseSettings settings,
            LeaseTable table,
            ShardDirectory directory,
            LeaseListener listener,
            Platform platform,
            MeterRegistry meters) {
        requireNonNull(settings, "settings");
        requireNonNull(table, "table");
        requireNonNull(directory, "directory");
        requireNonNull(listener, "listener");
        requireNonNull(platform, "platform");
        requireNonNull(meters, "meters");
        return new LeaseCoordinator(settings, platform);
    }

    /**
     * Joins the other workers. Call once.
     *
     * @return completes when this worker takes part; its leases follow through the listener. Fails with a
     *     {@link io.millrace.lease.LeaseException} whose message says what to do when the table or a stream cannot be
     *     used; the coordinator is closed then
     */
    public CompletableFuture<Void> start() {
        return CompletableFuture.failedFuture(new IllegalStateException("the acting part follows"));
    }

    /**
     * Leaves: asks the listener for all leases back, lets the others have each as soon as it is released, and removes
     * this worker's rows. A lease that is not released within {@code deadline} is declared lost. Calls after the first
     * return the same future.
     *
     * @return completes when the worker has left; never fails
     */
    public CompletableFuture<CloseReport> close(Duration deadline) {
        return CompletableFuture.failedFuture(new IllegalStateException("the acting part follows: " + deadline));
    }

    /** Who this worker is now; a worker that was lost comes back as another run. */
    public WorkerId workerId() {
        return id;
    }

    /** Tells the leader, if this worker is it, that the stream's shards changed; else the next periodic look finds out. */
    public void syncShards() {
        // The acting part follows.
    }
}
