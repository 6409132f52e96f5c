package io.millrace.streamcore.stream.quota;

import io.millrace.runtime.Ticker;
import java.time.Duration;

/** A ticker that stands still until it is moved. */
final class TestTicker implements Ticker {
    /** About to wrap around: nobody may rely on its sign. */
    private long nanos = Long.MAX_VALUE - 1_000;

    void pass(Duration time) {
        nanos += time.toNanos();
    }

    @Override
    public long nanoTime() {
        return nanos;
    }
}
