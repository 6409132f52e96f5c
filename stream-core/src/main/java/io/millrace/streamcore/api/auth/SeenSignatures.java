package io.millrace.streamcore.api.auth;

import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Remembers fingerprints of signatures, and when each was first seen, in a bounded amount of memory: a table for each second that
 * signatures were made in. A signature is good for minutes around its second only, so what is remembered ends by itself. Where more come
 * than there is room for, the seconds that are farthest from now are forgotten as a whole: what was made in one of these is told
 * apart no more, and {@link Sighting#isForgotten} says so. Safe for any thread.
 */
final class SeenSignatures {
    /** More seconds than there are between the oldest and the newest signature that is good at one time. */
    private static final int SECONDS = 1 << 10;

    private static final int FIRST_SLOTS = 1 << 6;
    private static final int TIME_BITS = 12;
    private static final long TIME_MASK = (1L << TIME_BITS) - 1;
    private static final long[] NO_TABLE = new long[0];

    private final long maxSlots;
    private final Ticker ticker;
    private final long started;
    private final ReentrantLock lock = new ReentrantLock();
    private final long[] seconds = new long[SECONDS];
    private final long[][] tables = new long[SECONDS][];
    private final int[] used = new int[SECONDS];
    private long slots;

    /**
     * Remembers nothing yet.
     *
     * @param maxSlots how many slots all tables have at most, each eight bytes; three quarters of those of a table are used
     */
    SeenSignatures(long maxSlots, Ticker ticker) {
        if (maxSlots < FIRST_SLOTS) {
            throw new IllegalArgumentException("slots " + maxSlots);
        }
        this.maxSlots = maxSlots;
        this.ticker = ticker;
        this.started = ticker.nanoTime();
        Arrays.fill(seconds, Long.MIN_VALUE);
        Arrays.fill(tables, NO_TABLE);
    }

    /**
     * Notes a fingerprint if it is new.
     *
     * @param signedAt the second that it was made in, less than 512 from {@code now}
     * @param now the second by the same clock
     * @param fingerprint spread evenly over all its bits, as a keyed hash is
     */
    Sighting see(long signedAt, long now, long fingerprint) {
        lock.lock();
        try {
            return note(signedAt, now, fingerprint);
        } finally {
            lock.unlock();
        }
    }

    /**
     * The same where one fingerprint may come from several honest requests of one source: it counts as new with another
     * {@code attempt}, if it was first seen from the same {@code source} and no longer ago than {@code twins}.
     */
    Sighting seeTwin(long signedAt, long now, long fingerprint, long source, long attempt, Duration twins) {
        lock.lock();
        try {
            Sighting first = note(signedAt, now, fingerprint);
            if (first.isNew()) {
                note(signedAt, now, source);
                note(signedAt, now, attempt);
                return first;
            }
            boolean mayBeTwin = !first.isForgotten() && first.age().compareTo(twins) <= 0 && has(signedAt, source);
            return mayBeTwin && note(signedAt, now, attempt).isNew() ? Sighting.NEW : first;
        } finally {
            lock.unlock();
        }
    }

    private Sighting note(long signedAt, long now, long fingerprint) {
        int ring = Math.floorMod(signedAt, SECONDS);
        if (seconds[ring] != signedAt) {
            // The table of before is older than any signature that is good.
            release(ring);
            seconds[ring] = signedAt;
            if (!resize(ring, FIRST_SLOTS, now)) {
                return Sighting.FORGOTTEN;
            }
        }
        if (tables[ring].length == 0) {
            return Sighting.FORGOTTEN;
        }
        long mark = markOf(fingerprint);
        long second = ticker.since(started).toSeconds();
        int at = find(tables[ring], mark);
        if (tables[ring][at] != 0) {
            return new Sighting(Knowledge.SEEN, Duration.ofSeconds((second - tables[ring][at]) & TIME_MASK));
        }
        if (used[ring] + 1 > tables[ring].length / 4 * 3) {
            if (!resize(ring, tables[ring].length * 2, now)) {
                return Sighting.FORGOTTEN;
            }
            at = find(tables[ring], mark);
        }
        tables[ring][at] = mark | (second & TIME_MASK);
        used[ring]++;
        return Sighting.NEW;
    }

    private boolean has(long signedAt, long fingerprint) {
        long[] table = tables[Math.floorMod(signedAt, SECONDS)];
        return table.length > 0 && table[find(table, markOf(fingerprint))] != 0;
    }

    /** Zero means an empty slot, so no mark is zero. */
    private static long markOf(long fingerprint) {
        long mark = fingerprint & ~TIME_MASK;
        return mark == 0 ? 1L << TIME_BITS : mark;
    }

    /** The slot of this mark, or the empty one where it would be. */
    private static int find(long[] table, long mark) {
        int at = (int) (mark >>> TIME_BITS) & (table.length - 1);
        while (table[at] != 0 && (table[at] & ~TIME_MASK) != mark) {
            at = (at + 1) & (table.length - 1);
        }
        return at;
    }

    /** Gives a second a table of this length with what it had; false if the second itself had to be forgotten. */
    private boolean resize(int ring, int length, long now) {
        long[] before = tables[ring];
        while (slots - before.length + length > maxSlots) {
            int farthest = farthestFrom(now, ring);
            release(farthest);
            if (farthest == ring) {
                return false;
            }
        }
        long[] after = new long[length];
        for (long entry : before) {
            if (entry != 0) {
                after[find(after, entry & ~TIME_MASK)] = entry;
            }
        }
        slots += length - before.length;
        tables[ring] = after;
        return true;
    }

    /** Of the seconds with a table and {@code growing} the one that is farthest from now: honest clocks are near. */
    private int farthestFrom(long now, int growing) {
        int farthest = growing;
        for (int i = 0; i < SECONDS; i++) {
            if (tables[i].length > 0 && Math.abs(seconds[i] - now) > Math.abs(seconds[farthest] - now)) {
                farthest = i;
            }
        }
        return farthest;
    }

    /** Forgets what was seen of a second, but not that it was. */
    private void release(int ring) {
        slots -= tables[ring].length;
        tables[ring] = NO_TABLE;
        used[ring] = 0;
    }

    /**
     * The knowledge of a fingerprint.
     *
     * @param age how long ago it was seen first; zero if it is new, or nobody knows
     */
    record Sighting(Knowledge knowledge, Duration age) {
        static final Sighting NEW = new Sighting(Knowledge.NEW, Duration.ZERO);
        static final Sighting FORGOTTEN = new Sighting(Knowledge.FORGOTTEN, Duration.ZERO);

        boolean isNew() {
            return knowledge == Knowledge.NEW;
        }

        boolean isForgotten() {
            return knowledge == Knowledge.FORGOTTEN;
        }
    }

    /** The three answers to the question whether a fingerprint was seen. */
    enum Knowledge {
        NEW,
        SEEN,
        /** All of its second was forgotten, so that nobody can tell. */
        FORGOTTEN
    }
}
