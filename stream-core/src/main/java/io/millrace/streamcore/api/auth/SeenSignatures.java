package io.millrace.streamcore.api.auth;

import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Remembers fingerprints and when each was first seen, in a fixed amount of memory: two tables of slots. When the younger
 * one is old or three quarters full the older one is forgotten and a fresh one begins, so that a fingerprint is
 * remembered for at least the time given, unless more come in that time than a table holds. Safe for any thread.
 */
final class SeenSignatures {
    private static final int TIME_BITS = 12;
    private static final long TIME_MASK = (1L << TIME_BITS) - 1;

    private final int slots;
    private final Duration remembered;
    private final Ticker ticker;
    private final long started;
    private final ReentrantLock lock = new ReentrantLock();
    private long[] young;
    private long[] old = new long[0];
    private int used;
    private long youngSince;

    /**
     * Remembers nothing yet.
     *
     * @param slots how many a table has; a power of two
     * @param remembered for how long, at most half an hour
     */
    SeenSignatures(int slots, Duration remembered, Ticker ticker) {
        if (Integer.bitCount(slots) != 1 || slots < 4 || remembered.compareTo(Duration.ofMinutes(30)) > 0) {
            throw new IllegalArgumentException("slots " + slots + ", remembered " + remembered);
        }
        this.slots = slots;
        this.remembered = remembered;
        this.ticker = ticker;
        this.started = ticker.nanoTime();
        this.young = new long[slots];
        this.youngSince = started;
    }

    /**
     * Notes a fingerprint if it is new.
     *
     * @param fingerprint spread evenly over all its bits, as a keyed hash is
     * @return how long ago it was first seen; negative when it is new
     */
    Duration firstSeen(long fingerprint) {
        lock.lock();
        try {
            turn();
            long second = ticker.since(started).toSeconds();
            long mark = fingerprint & ~TIME_MASK;
            // Zero means an empty slot.
            mark = mark == 0 ? 1L << TIME_BITS : mark;
            int at = find(old, mark, fingerprint);
            if (at >= 0 && old[at] != 0) {
                return age(old[at], second);
            }
            at = find(young, mark, fingerprint);
            if (young[at] != 0) {
                return age(young[at], second);
            }
            if (used++ == 0) {
                youngSince = ticker.nanoTime();
            }
            young[at] = mark | (second & TIME_MASK);
            return Duration.ofSeconds(-1);
        } finally {
            lock.unlock();
        }
    }

    private static Duration age(long entry, long second) {
        return Duration.ofSeconds((second - entry) & TIME_MASK);
    }

    /** The slot of this mark, or the empty one where it would be; -1 in a table without slots. */
    private static int find(long[] table, long mark, long fingerprint) {
        if (table.length == 0) {
            return -1;
        }
        // The low bits choose the slot, the high ones are compared: together nearly all 64 count.
        int at = (int) (fingerprint ^ fingerprint >>> 32) & (table.length - 1);
        while (table[at] != 0 && (table[at] & ~TIME_MASK) != mark) {
            at = (at + 1) & (table.length - 1);
        }
        return at;
    }

    private void turn() {
        boolean isOld = used > 0 && ticker.since(youngSince).compareTo(remembered) > 0;
        if (isOld || used >= slots / 4 * 3) {
            old = young;
            young = new long[slots];
            used = 0;
        }
    }
}
