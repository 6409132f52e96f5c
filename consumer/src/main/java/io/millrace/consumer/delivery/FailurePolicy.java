package io.millrace.consumer.delivery;

import static java.util.Objects.requireNonNull;

import io.millrace.consumer.letters.LetterSink;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Says when records that a processor throws at are given up, and what becomes of them. Until then the same records come again
 * after a pause that grows up to 30 s, and the checkpoint stays before them. {@link #retryForever()} never gives up, and is the default.
 *
 * <pre>{@code
 * FailurePolicy.tries(5).or(Duration.ofMinutes(10)).isolating().thenLetter(sink)
 * }</pre>
 *
 * <p>Immutable. Times are measured with the monotonic clock, ages of records with the times that the service tells.
 */
public final class FailurePolicy {
    private static final FailurePolicy FOR_EVER = new FailurePolicy(new Limits(), Then.RETRY, null);

    private final Limits limits;
    private final Then then;
    private final @Nullable LetterSink sink;

    private FailurePolicy(Limits limits, Then then, @Nullable LetterSink sink) {
        this.limits = limits;
        this.then = then;
        this.sink = sink;
    }

    /** Tells what becomes of records that are given up. */
    public enum Then {
        /** Nothing is given up. */
        RETRY,
        /** They are written to the {@link #sink}; the checkpoint passes them once that has succeeded. */
        LETTER,
        /** They are left out; a line in the log and a metric say so. */
        SKIP,
        /** The shard is held, and nothing more of it is processed until it is restarted or moves. */
        STOP_SHARD,
        /** The worker ends as if closed, and {@code run} throws. */
        STOP_WORKER
    }

    /** Retries for ever. */
    public static FailurePolicy retryForever() {
        return FOR_EVER;
    }

    /**
     * Gives up records once processing them has failed this many times in a row.
     *
     * @throws IllegalArgumentException if {@code most} is less than 1
     */
    public static Limits tries(int most) {
        return new Limits().or(most);
    }

    /**
     * Gives up records once processing them has failed for this long without a success. The better choice where a sink may be down
     * for a while.
     *
     * @throws IllegalArgumentException if {@code time} is negative
     */
    public static Limits time(Duration time) {
        return new Limits().or(time);
    }

    /**
     * Halves a batch whenever processing it fails, as {@link Limits#bisecting} says. Without a limit besides nothing is given up, and
     * what becomes of the records does not matter.
     */
    public static Limits bisecting() {
        return new Limits().bisecting();
    }

    /**
     * Gives up records that arrived this long ago before they are handed out, as {@link Limits#orExpired} says.
     *
     * @throws IllegalArgumentException if {@code age} is negative
     */
    public static Limits expired(Duration age) {
        return new Limits().orExpired(age);
    }

    /** The fate of records that are given up. */
    public Then then() {
        return then;
    }

    /** Takes the letters; absent unless {@link #then} is {@link Then#LETTER}. */
    public @Nullable LetterSink sink() {
        return sink;
    }

    /** True if the failing record of a batch is looked for, so that the others are processed. */
    public boolean isIsolating() {
        return limits.isolates && then != Then.RETRY;
    }

    /** True if a batch that fails comes again in two parts, at the first failure already. */
    public boolean isBisecting() {
        return limits.bisects;
    }

    /** True if a record that arrived {@code age} ago is given up without being handed out. */
    public boolean isExpired(Duration age) {
        return then != Then.RETRY && reached(age, limits.expiry);
    }

    /**
     * True if records are given up.
     *
     * @param failures how often in a row processing them has failed
     * @param time how long ago the first of these failures was
     * @param age how long ago the oldest of the records arrived
     */
    public boolean isExhausted(int failures, Duration time, Duration age) {
        return then != Then.RETRY
                && (failures >= limits.tries || reached(time, limits.time) || reached(age, limits.maximumAge));
    }

    private static boolean reached(Duration time, @Nullable Duration limit) {
        return limit != null && time.compareTo(limit) >= 0;
    }

    @Override
    public String toString() {
        return then == Then.RETRY ? "retry for ever" : limits + " then " + then;
    }

    /** When records are given up; the first limit that is reached counts. What becomes of them makes it a policy. */
    public static final class Limits {
        private final int tries;
        private final @Nullable Duration time;
        private final @Nullable Duration maximumAge;
        private final @Nullable Duration expiry;
        private final boolean isolates;
        private final boolean bisects;

        private Limits() {
            this(Integer.MAX_VALUE, null, null, null, false, false);
        }

        private Limits(
                int tries,
                @Nullable Duration time,
                @Nullable Duration maximumAge,
                @Nullable Duration expiry,
                boolean isolates,
                boolean bisects) {
            this.tries = tries;
            this.time = time;
            this.maximumAge = maximumAge;
            this.expiry = expiry;
            this.isolates = isolates;
            this.bisects = bisects;
        }

        /** Or after this many failures in a row. */
        public Limits or(int most) {
            if (most < 1) {
                throw new IllegalArgumentException("records are tried at least once, not " + most + " times");
            }
            return new Limits(most, time, maximumAge, expiry, isolates, bisects);
        }

        /** Or after failures for this long. */
        public Limits or(Duration most) {
            return new Limits(tries, checked(most), maximumAge, expiry, isolates, bisects);
        }

        /** Or at the first failure of records that arrived this long ago. */
        public Limits orOlderThan(Duration age) {
            return new Limits(tries, time, checked(age), expiry, isolates, bisects);
        }

        /**
         * Looks for the failing record first: the batch comes in halves, in order, until a single record is left that fails.
         * Only that one is given up, and the records after it begin anew with all their tries. Without this all records of
         * the batch are given up.
         */
        public Limits isolating() {
            return new Limits(tries, time, maximumAge, expiry, true, bisects);
        }

        /**
         * Or once they arrived this long ago, before they are handed out: records that are too old are not processed, whether they
         * come for the first time or again.
         */
        public Limits orExpired(Duration age) {
            return new Limits(tries, time, maximumAge, checked(age), isolates, bisects);
        }

        /**
         * Halves a batch whenever it fails, at once: the first half comes again, and after it the second. Tries are counted anew for
         * each part, and a record by itself alone is given up for them. Of a batch that was processed in part the rest comes again,
         * and is halved if it fails without a step.
         */
        public Limits bisecting() {
            return new Limits(tries, time, maximumAge, expiry, isolates, true);
        }

        /** Writes records that are given up to {@code sink}. Tried for ever: nothing is lost while the sink is down. */
        public FailurePolicy thenLetter(LetterSink sink) {
            return new FailurePolicy(this, Then.LETTER, requireNonNull(sink, "sink"));
        }

        /** Leaves records out that are given up. */
        public FailurePolicy thenSkip() {
            return new FailurePolicy(this, Then.SKIP, null);
        }

        /** Holds the shard where it is. */
        public FailurePolicy thenStopShard() {
            return new FailurePolicy(this, Then.STOP_SHARD, null);
        }

        /** Ends the worker. */
        public FailurePolicy thenStopWorker() {
            return new FailurePolicy(this, Then.STOP_WORKER, null);
        }

        private static Duration checked(Duration time) {
            if (requireNonNull(time, "time").isNegative()) {
                throw new IllegalArgumentException("a time limit is not negative: " + time);
            }
            return time;
        }

        @Override
        public String toString() {
            return "after "
                    + (tries == Integer.MAX_VALUE ? "" : tries + " failures")
                    + (time == null ? "" : " or " + time)
                    + (maximumAge == null ? "" : " or at the age of " + maximumAge)
                    + (expiry == null ? "" : " or before they come at the age of " + expiry)
                    + (isolates ? ", one by one" : "")
                    + (bisects ? ", in halves" : "");
        }
    }
}
