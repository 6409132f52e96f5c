package io.millrace.consumer;

import io.micrometer.core.instrument.Meter;
import io.millrace.consumer.WorkerHealth.ShardHealth;
import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseKey;

/**
 * What one shard's consumer shows of itself: its health to anyone who asks, its lag as a gauge. Written on the worker's
 * event loop; {@link #health} and {@link #millisBehindLatest} are safe for any thread.
 */
final class ShardStatus {
    private final FailureLog failures;
    private final ConsumerMeters meters;
    private final LeaseKey key;
    private final Meter lag;
    private volatile ShardHealth health;

    /** A consumer that has not begun to read; what fails will be found in {@code failures}. */
    ShardStatus(HeldLease lease, ConsumerState state, FailureLog failures, ConsumerMeters meters) {
        this.failures = failures;
        this.meters = meters;
        this.key = lease.key();
        this.health = new ShardHealth(key.stream(), key.shard(), lease.epoch(), state, -1, null, null);
        this.lag = meters.showLag(key, this);
    }

    ShardHealth health() {
        return health;
    }

    double millisBehindLatest() {
        return health.millisBehindLatest();
    }

    /** The consumer went over to {@code state}. */
    void moved(ConsumerState state) {
        show(state, health.millisBehindLatest());
    }

    /** The shard's tip was found this far ahead. */
    void behind(long millis) {
        show(health.state(), millis);
    }

    /** Something began or ceased to fail. */
    void failuresChanged() {
        show(health.state(), health.millisBehindLatest());
    }

    /** The consumer is over. */
    void close() {
        meters.hideLag(key, lag);
    }

    private void show(ConsumerState state, long millisBehind) {
        FailureLog.Failure failure = failures.current();
        health = new ShardHealth(
                health.stream(),
                health.shard(),
                health.epoch(),
                state,
                millisBehind,
                failure == null ? null : failure.since(),
                failure == null ? null : failure.what());
    }
}
