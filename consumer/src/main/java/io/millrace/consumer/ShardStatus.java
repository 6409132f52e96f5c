package io.millrace.consumer;

import io.micrometer.core.instrument.Meter;
import io.millrace.consumer.WorkerHealth.ShardHealth;
import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseKey;
import io.millrace.runtime.Ticker;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What one shard's consumer shows of itself: its health to anyone who asks, its lag and the age of its batch as
 * gauges. Written on the worker's
 * event loop; {@link #health} and {@link #millisBehindLatest} are safe for any thread.
 */
final class ShardStatus {
    private final FailureLog failures;
    private final ConsumerMeters meters;
    private final LeaseKey key;
    private final Ticker ticker;
    private final Meter age;
    /** Shown from when it is known. */
    private @Nullable Meter lag;

    private volatile ShardHealth health;
    /** When the processor got what it has in hand, in ticks; empty while it has nothing. */
    private volatile OptionalLong batchSince = OptionalLong.empty();

    /** A consumer that has not begun to read; what fails will be found in {@code failures}. */
    ShardStatus(HeldLease lease, ConsumerState state, FailureLog failures, ConsumerMeters meters, Ticker ticker) {
        this.ticker = ticker;
        this.failures = failures;
        this.meters = meters;
        this.key = lease.key();
        this.health = new ShardHealth(key.stream(), key.shard(), lease.epoch(), state, -1, null, null);
        this.age = meters.showBatchAge(key, this);
    }

    ShardHealth health() {
        return health;
    }

    double millisBehindLatest() {
        return health.millisBehindLatest();
    }

    /** For how long the processor has had the batch in hand, retries included; 0 while it has none. */
    double batchMillis() {
        OptionalLong since = batchSince;
        return since.isPresent() ? ticker.since(since.getAsLong()).toNanos() / 1e6 : 0;
    }

    /** The processor gets a batch. */
    void batchTaken() {
        batchSince = OptionalLong.of(ticker.nanoTime());
    }

    /** The processor has nothing in hand any more. */
    void batchOver() {
        batchSince = OptionalLong.empty();
    }

    /** The consumer went over to {@code state}. */
    void moved(ConsumerState state) {
        show(state, health.millisBehindLatest());
    }

    /** The shard's tip was found this far ahead. */
    void behind(long millis) {
        show(health.state(), millis);
        if (lag == null && millis >= 0) {
            lag = meters.showLag(key, this);
        }
    }

    /** Something began or ceased to fail. */
    void failuresChanged() {
        show(health.state(), health.millisBehindLatest());
    }

    /** The consumer is over. */
    void close() {
        meters.hide(age);
        if (lag != null) {
            meters.hide(lag);
        }
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
