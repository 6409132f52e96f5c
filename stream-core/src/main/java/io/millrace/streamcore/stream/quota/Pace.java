package io.millrace.streamcore.stream.quota;

import io.millrace.runtime.Ticker;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How fast a pipe may push: a pipe that was too fast pauses, it never fails. Follows what holds for its stream, also when
 * that changes while the pipe is open. Belongs to the pipe's thread.
 *
 * <pre>{@code
 * Pace pace = quotas.pace(stream);
 * ...
 * long pause = pace.pauseNanos();      // 0: read and send on; else come back after that time
 * pace.sent(bytes);                    // after each event with records
 * }</pre>
 */
public final class Pace {
    private static final int BYTES_PER_SECOND = 2 << 20;

    private final Supplier<QuotaMode> mode;
    private final Ticker ticker;
    private QuotaMode seen = QuotaMode.OFF;
    private @Nullable TokenBucket bucket;

    Pace(Supplier<QuotaMode> mode, Ticker ticker) {
        this.mode = mode;
        this.ticker = ticker;
    }

    /** How long to wait before the next event, in nanoseconds; 0 when it may be sent now. */
    public long pauseNanos() {
        TokenBucket current = current();
        return current == null ? 0 : current.debtNanos();
    }

    /** An event with so many bytes of records was sent. */
    public void sent(long bytes) {
        TokenBucket current = current();
        if (current != null) {
            current.charge(bytes);
        }
    }

    private @Nullable TokenBucket current() {
        QuotaMode now = mode.get();
        if (!now.equals(seen)) {
            seen = now;
            bucket = now.isOn() ? new TokenBucket(now.scale() * BYTES_PER_SECOND, ticker) : null;
        }
        return bucket;
    }
}
