package io.millrace.benchmarks;

import io.millrace.runtime.Ticker;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Puts single small records that begin with the moment they are sent, for {@link Stamps}. Belongs to one thread. */
final class TimedPuts {
    private static final int DATA_BYTES = 99;

    private final Benchmark.Opened opened;
    private final String stream;
    private final Ticker ticker;

    TimedPuts(Benchmark.Opened opened, String stream, Ticker ticker) {
        this.opened = opened;
        this.stream = stream;
        this.ticker = ticker;
    }

    /** Puts for this time, at about this rate if the server keeps up. The result is how many it were. */
    long run(int perSecond, Duration duration) throws IOException {
        long begun = ticker.nanoTime();
        return runWhile(perSecond, () -> ticker.since(begun).compareTo(duration) < 0);
    }

    /** Puts as long as it is told to. */
    long runWhile(int perSecond, BooleanSupplier goesOn) throws IOException {
        long begun = ticker.nanoTime();
        long puts = 0;
        while (goesOn.getAsBoolean()) {
            byte[] data =
                    ByteBuffer.allocate(DATA_BYTES).putLong(ticker.nanoTime()).array();
            opened.connection().exchange(StreamCalls.putRecord(stream, data));
            puts++;
            long early = (long) (puts * 1e9 / perSecond) - ticker.since(begun).toNanos();
            if (early > 0) {
                opened.calls().pause(Duration.ofNanos(early));
            }
        }
        return puts;
    }
}
