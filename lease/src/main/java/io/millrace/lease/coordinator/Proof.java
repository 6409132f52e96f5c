package io.millrace.lease.coordinator;

import io.millrace.runtime.Ticker;
import java.time.Duration;

/**
 * Until when a worker may believe in its leases: 80 % of the failover time after its last confirmed heartbeat was sent.
 * Others need a whole failover time without a move to think otherwise, and they cannot have seen that heartbeat before
 * it was sent. Once the proof has run out it never comes back.
 *
 * <p>Moved by the loop; read by any thread, straight from the ticker, so that a stalled loop cannot prolong it.
 */
final class Proof {
    private final Ticker ticker;
    private final long nanos;
    private volatile long provenAt;
    private volatile boolean over;

    /** A proof from a heartbeat sent at {@code provenAt}. */
    Proof(Ticker ticker, Duration time, long provenAt) {
        this.ticker = ticker;
        this.nanos = time.toNanos();
        this.provenAt = provenAt;
    }

    boolean isCurrent() {
        return !over && ticker.nanoTime() - provenAt < nanos;
    }

    /** Another heartbeat was confirmed. Returns false, and changes nothing, when it came too late. */
    boolean renew(long sentAt) {
        if (!isCurrent()) {
            return false;
        }
        provenAt = sentAt;
        return true;
    }

    void end() {
        over = true;
    }

    /** How long it lasts from now, zero when it is over. */
    Duration left() {
        return isCurrent() ? Duration.ofNanos(Math.max(0, nanos - (ticker.nanoTime() - provenAt))) : Duration.ZERO;
    }
}
