package io.millrace.benchmarks;

import io.millrace.runtime.Ticker;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Looks through events for records whose data begins with the moment they were sent. Records that begin with
 * {@link #NONE} are there to make the shard busy and do not count. Belongs to the thread that reads; what others may call
 * says so.
 */
final class Stamps {
    /** No moment. */
    static final long NONE = -1;

    private static final byte[] DATA = "\"Data\":\"".getBytes(StandardCharsets.US_ASCII);
    /** Eight bytes and a ninth that makes the base64 whole. */
    private static final int STAMP = 12;

    private final Ticker ticker;
    private final byte[] stamp = new byte[STAMP];
    private volatile @Nullable Histogram counting;
    private volatile long looks;

    Stamps(Ticker ticker) {
        this.ticker = ticker;
    }

    /** Counts the records that came just now; what may be the beginning of one is left. */
    void look(ByteBuffer in) {
        Histogram latency = counting;
        long now = ticker.nanoTime();
        int end = in.limit() - DATA.length - STAMP;
        int at = in.position();
        while (at <= end) {
            byte last = in.get(at + DATA.length - 1);
            if (last == '"' && isData(in, at)) {
                if (latency != null) {
                    in.get(at + DATA.length, stamp);
                    count(latency, now);
                }
                at += DATA.length + STAMP;
            } else {
                at += step(last);
            }
        }
        in.position(Math.max(in.position(), at));
        long before = looks;
        looks = before + 1;
    }

    /** From now on records count, from zero. Safe for any thread. */
    void count() {
        counting = new Histogram(3);
    }

    /** Ends the counting: from put to receipt, in nanoseconds. Safe for any thread while nothing comes. */
    Histogram counted() {
        // Orders what the reading thread has counted before what the caller reads.
        long seen = looks;
        Histogram latency = counting;
        counting = null;
        return latency == null || seen == 0 ? new Histogram(3) : latency;
    }

    private void count(Histogram latency, long now) {
        try {
            long sent = ByteBuffer.wrap(Base64.getDecoder().decode(stamp)).getLong();
            if (sent != NONE) {
                latency.recordValue(Math.max(0, now - sent));
            }
        } catch (IllegalArgumentException cutByAChunk) {
            // A chunk or frame of the body ends within the stamp; the table shows that a record is missing.
        }
    }

    /** How far what is looked for can be from a place where its last byte would be this one (Horspool's search). */
    private static int step(byte last) {
        return switch (last) {
            case ':' -> 1;
            case '"' -> 2;
            case 'a' -> 3;
            case 't' -> 4;
            case 'D' -> 6;
            default -> DATA.length;
        };
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
