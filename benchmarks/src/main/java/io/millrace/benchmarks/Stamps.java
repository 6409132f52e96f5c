package io.millrace.benchmarks;

import io.millrace.runtime.Ticker;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.HdrHistogram.Histogram;

/**
 * Looks through events for records as {@link PushLatency} puts them: their data begins with the moment they were sent.
 * Belongs to the thread that reads; what others may ask says so.
 */
final class Stamps {
    private static final byte[] DATA = "\"Data\":\"".getBytes(StandardCharsets.US_ASCII);
    /** Eight bytes and a ninth that makes the base64 whole. */
    private static final int STAMP = 12;

    private final Ticker ticker;
    private final byte[] stamp = new byte[STAMP];
    private final Histogram latency = new Histogram(3);
    private volatile boolean counts;
    private volatile long records;

    Stamps(Ticker ticker) {
        this.ticker = ticker;
    }

    /** Counts the records that came just now; what may be the beginning of one is left. */
    void look(ByteBuffer in) {
        long now = ticker.nanoTime();
        int end = in.limit() - DATA.length - STAMP;
        int at = in.position();
        while (at <= end) {
            if (in.get(at) == '"' && isData(in, at)) {
                in.get(at + DATA.length, stamp);
                count(now);
                at += DATA.length + STAMP;
            } else {
                at++;
            }
        }
        in.position(Math.max(in.position(), at));
        records = latency.getTotalCount();
    }

    /** From now on records count. Safe for any thread. */
    void count() {
        counts = true;
    }

    /** How many records have come since they count. Safe for any thread. */
    long records() {
        return records;
    }

    /** From put to receipt, in nanoseconds; to be read when the connection is closed. */
    Histogram latency() {
        return latency;
    }

    private void count(long now) {
        if (!counts) {
            return;
        }
        try {
            long sent = ByteBuffer.wrap(Base64.getDecoder().decode(stamp)).getLong();
            latency.recordValue(Math.max(0, now - sent));
        } catch (IllegalArgumentException cutByAChunk) {
            // A chunk or frame of the body ends within the stamp; the table shows that a record is missing.
        }
    }

    private static boolean isData(ByteBuffer in, int at) {
        for (int i = 0; i < DATA.length; i++) {
            if (in.get(at + i) != DATA[i]) {
                return false;
            }
        }
        return true;
    }
}
