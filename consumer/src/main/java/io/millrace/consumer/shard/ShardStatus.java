package io.millrace.consumer.shard;

import io.micrometer.core.instrument.Meter;
import io.millrace.consumer.health.ShardPhase;
import io.millrace.consumer.health.WorkerHealth.Failing;
import io.millrace.consumer.health.WorkerHealth.Pace;
import io.millrace.consumer.health.WorkerHealth.ShardHealth;
import io.millrace.consumer.health.WorkerHealth.Stuck;
import io.millrace.consumer.watch.FailureLog;
import io.millrace.consumer.watch.RunningCall;
import io.millrace.consumer.watch.ShardLag;
import io.millrace.consumer.watch.ShardWait;
import io.millrace.fanout.ServiceTime;
import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseKey;
import io.millrace.runtime.Platform;
import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What one shard's consumer shows of itself: its health to anyone who asks, its lag and the age of its batch as gauges,
 * and what it waits for.
 * Written on the worker's event loop; {@link #health}, {@link #stuck} and {@link #millisBehindLatest} are safe for any
 * thread, and true at the moment of asking: nothing has to happen on the loop for a lag to grow or a wait to be too long.
 */
final class ShardStatus {
    /** A wait that is worth telling of, though it may be over soon. */
    private static final Duration LONG_WAIT = Duration.ofSeconds(10);

    private final FailureLog failures;
    private final ConsumerMeters meters;
    private final Platform platform;
    private final Ticker ticker;
    private final ServiceTime time;
    private final Duration stuckAfter;
    private final HeldLease lease;
    private final LeaseKey key;
    private final long epoch;
    private final Meter gauge;
    private final Meter age;
    private volatile ShardPhase state;
    private volatile ShardLag lag;
    private final Slot own = new Slot();
    private volatile List<Slot> slots = List.of(own);
    private volatile @Nullable Failing failure;
    /** How many slots have a batch in hand, since when any has, and for how long any had before; written on the loop only. */
    private int busySlots;

    private volatile OptionalLong busySince = OptionalLong.empty();
    private volatile long busyNanos;

    /** A consumer that has not begun to read; what fails will be found in {@code failures}. */
    ShardStatus(HeldLease lease, ShardPhase state, FailureLog failures, ConsumerParts parts) {
        this.failures = failures;
        this.meters = parts.meters();
        this.platform = parts.platform();
        this.ticker = platform.ticker();
        this.time = parts.oversight().serviceTime();
        this.stuckAfter = parts.oversight().stuckAfter();
        this.lease = lease;
        this.key = lease.key();
        this.epoch = lease.epoch();
        this.state = state;
        this.lag = ShardLag.unread(ticker.nanoTime());
        this.gauge = meters.showLag(key, this);
        this.age = meters.showBatchAge(key, this);
    }

    ShardHealth health() {
        return new ShardHealth(
                key.stream(),
                key.shard(),
                epoch,
                state,
                millisBehindLatest(),
                failure,
                stuck().orElse(null),
                new Pace(lease.checkpointedAt().orElse(null), processing(), waitedFor(LONG_WAIT)));
    }

    /** For how long a processor had records in hand in this ownership. */
    private Duration processing() {
        OptionalLong since = busySince;
        return Duration.ofNanos(busyNanos).plus(since.isPresent() ? ticker.since(since.getAsLong()) : Duration.ZERO);
    }

    private void slotBecameBusy() {
        if (busySlots++ == 0) {
            busySince = OptionalLong.of(ticker.nanoTime());
        }
    }

    private void slotBecameIdle() {
        OptionalLong since = busySince;
        if (--busySlots == 0 && since.isPresent()) {
            long before = busyNanos;
            busyNanos = before + ticker.since(since.getAsLong()).toNanos();
            busySince = OptionalLong.empty();
        }
    }

    long millisBehindLatest() {
        return lag.millis(time, ticker);
    }

    /** For how long a processor has had the batch in hand, retries included; 0 while none has one. The longest of all lanes. */
    double batchMillis() {
        long longest = 0;
        for (Slot slot : slots) {
            OptionalLong since = slot.batchSince;
            longest = since.isPresent()
                    ? Math.max(longest, ticker.since(since.getAsLong()).toNanos())
                    : longest;
        }
        return longest / 1e6;
    }

    /** A place for one more lane. */
    Slot newSlot() {
        Slot slot = new Slot();
        List<Slot> more = new ArrayList<>(slots);
        more.add(slot);
        slots = List.copyOf(more);
        return slot;
    }

    /** The lanes are gone. */
    void forgetLanes() {
        slots.forEach(Slot::batchOver);
        slots = List.of(own);
    }

    /** The place of one lane, or of the consumer itself: what it waits for, and since when it has had its batch. */
    final class Slot {
        private volatile @Nullable ShardWait wait;
        /** When the processor got the batch in hand, in ticks; empty while it has none. */
        private volatile OptionalLong batchSince = OptionalLong.empty();

        /** From now on {@code what} is waited for. */
        void waitsFor(String what, @Nullable RunningCall call) {
            wait = new ShardWait(what, ticker.nanoTime(), call);
        }

        /** The awaited has come. */
        void waitIsOver() {
            wait = null;
        }

        /** The processor gets a batch. */
        void batchTaken() {
            if (batchSince.isEmpty()) {
                slotBecameBusy();
            }
            batchSince = OptionalLong.of(ticker.nanoTime());
        }

        /** The processor has nothing in hand any more. */
        void batchOver() {
            if (batchSince.isPresent()) {
                slotBecameIdle();
            }
            batchSince = OptionalLong.empty();
        }
    }

    /** What the consumer has been waiting for too long, if it has. */
    Optional<Stuck> stuck() {
        return Optional.ofNullable(waitedFor(stuckAfter));
    }

    /** The consumer's wait, if it has lasted for {@code least} or longer. */
    private @Nullable Stuck waitedFor(Duration least) {
        ShardWait waiting = waiting();
        if (waiting == null) {
            return null;
        }
        Duration waited = ticker.since(waiting.tick());
        if (waited.compareTo(least) < 0) {
            return null;
        }
        Instant since = platform.clock().instant().minus(waited);
        return new Stuck(waiting.spoken(), since, waiting.stack());
    }

    /** How long the consumer has waited for what it waits for now. */
    double secondsWaiting() {
        ShardWait waiting = waiting();
        return waiting == null ? 0 : ticker.since(waiting.tick()).toMillis() / 1e3;
    }

    /** The consumer's wait, however long; the longest where there are several. */
    @Nullable
    ShardWait waiting() {
        ShardWait longest = null;
        for (Slot slot : slots) {
            ShardWait wait = slot.wait;
            if (wait != null && (longest == null || wait.tick() - longest.tick() < 0)) {
                longest = wait;
            }
        }
        return longest;
    }

    /** The consumer went over to {@code next}. */
    void moved(ShardPhase next) {
        if (state != next) {
            state = next;
        }
        failuresChanged();
    }

    /** Records came from the source; the oldest of them arrived at {@code oldest}. */
    void received(Instant oldest, long millisBehind) {
        lag = ShardLag.atHand(oldest, millisBehind, ticker.nanoTime());
    }

    /** Of the records at hand the oldest not processed is now the one of {@code oldest}. */
    void oldest(Instant oldest) {
        lag = lag.from(oldest);
    }

    /** No record is at hand, and the shard's tip was found this far ahead. */
    void behind(long millis) {
        lag = ShardLag.read(millis, ticker.nanoTime());
    }

    /** Reading fails: what came since the last success is not known. */
    void readingFails() {
        lag = lag.unsure();
        failuresChanged();
    }

    /** From now on the consumer waits for {@code what}. */
    void waitsFor(String what, @Nullable RunningCall call) {
        own.waitsFor(what, call);
    }

    /** The awaited has come. */
    void waitIsOver() {
        own.waitIsOver();
    }

    /** Something began or ceased to fail. */
    void failuresChanged() {
        failure = failures.current();
    }

    /** The consumer is over. */
    void close() {
        slots = List.of();
        meters.hide(gauge);
        meters.hide(age);
    }
}
