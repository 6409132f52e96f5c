package io.millrace.lease;

import static java.util.Objects.requireNonNull;

import io.millrace.model.RecordPosition;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How one held lease gets on, as its holder tells everybody who reads the table. For people: nothing is decided by it.
 *
 * @param key the shard
 * @param epoch the ownership that this is about
 * @param doing what the holder does with the shard, in one word
 * @param behind how old the oldest record is that was not processed
 * @param trend where {@code behind} goes
 * @param busyPercent of the last half minute, how much the user's code had records in hand, 0 to 100
 * @param failureOrNull what fails
 * @param waitOrNull what is waited for, if that takes long
 */
public record LeaseStatus(
        LeaseKey key,
        long epoch,
        String doing,
        Duration behind,
        Trend trend,
        int busyPercent,
        @Nullable Failure failureOrNull,
        @Nullable Wait waitOrNull) {
    /** A lease that is less than this behind, and has no trouble, is not worth a word. */
    public static final Duration NOT_WORTH_TELLING = Duration.ofSeconds(5);

    /** Longer texts are cut. */
    private static final int LONGEST_TEXT = 600;

    /** Checks the parts; times are kept in milliseconds. */
    public LeaseStatus {
        requireNonNull(key, "key");
        requireNonNull(doing, "doing");
        requireNonNull(trend, "trend");
        if (behind.isNegative() || busyPercent < 0 || busyPercent > 100 || !doing.matches("[A-Z_]+")) {
            throw new IllegalArgumentException("no status: " + behind + " behind, " + busyPercent + " %, " + doing);
        }
        behind = behind.truncatedTo(ChronoUnit.MILLIS);
    }

    /** The direction in which something goes that is measured. */
    public enum Trend {
        /** It grows about as fast as time passes, or a good part of it. */
        GROWS,
        /** Neither, or it is not known yet. */
        STEADY,
        /** It falls. */
        FALLS
    }

    /**
     * Something that fails, without a success since.
     *
     * @param since when it began, on the holder's wall clock
     * @param what one line without payload
     * @param times how often in a row
     * @param batchOrNull the records that the user's code throws at
     */
    public record Failure(
            Instant since, String what, int times, @Nullable Batch batchOrNull) {
        /** Checks the parts. */
        public Failure {
            since = since.truncatedTo(ChronoUnit.MILLIS);
            what = cut(what);
        }

        /** The records that the user's code throws at, if it throws at some. */
        public Optional<Batch> batch() {
            return Optional.ofNullable(batchOrNull);
        }
    }

    /**
     * Records that stand one behind the other in a shard.
     *
     * @param first the first
     * @param last the last
     * @param records how many
     */
    public record Batch(RecordPosition first, RecordPosition last, int records) {
        /** Checks the parts. */
        public Batch {
            requireNonNull(first, "first");
            requireNonNull(last, "last");
        }
    }

    /**
     * A wait that takes long.
     *
     * @param what the call that has not returned, or what else is awaited
     * @param since when it began, on the holder's wall clock
     * @param isStuck true when it takes longer than the holder was told to put up with
     * @param place where the user's code is; empty if it is not running
     */
    public record Wait(String what, Instant since, boolean isStuck, String place) {
        /** Checks the parts. */
        public Wait {
            since = since.truncatedTo(ChronoUnit.MILLIS);
            what = cut(what);
            place = cut(place);
        }
    }

    /** The failure in words, if there is one. */
    public Optional<Failure> failure() {
        return Optional.ofNullable(failureOrNull);
    }

    /** The long wait, if there is one. */
    public Optional<Wait> longWait() {
        return Optional.ofNullable(waitOrNull);
    }

    /** True unless all is well and the shard is nearly caught up. */
    public boolean isWorthTelling() {
        return failureOrNull != null || waitOrNull != null || behind.compareTo(NOT_WORTH_TELLING) >= 0;
    }

    /** Those of {@code statuses} that are worth telling, the worst first: what fails, what waits, then by how far it is behind. */
    public static List<LeaseStatus> worstFirst(List<LeaseStatus> statuses) {
        return statuses.stream()
                .filter(LeaseStatus::isWorthTelling)
                .sorted(Comparator.<LeaseStatus, Boolean>comparing(status -> status.failureOrNull == null)
                        .thenComparing(status -> status.waitOrNull == null)
                        .thenComparing(LeaseStatus::behind, Comparator.reverseOrder())
                        .thenComparing(LeaseStatus::key))
                .toList();
    }

    /** True when {@code now} says something that those who have read {@code this} do not know: small changes of a lag are none. */
    public boolean isOutdatedBy(LeaseStatus now) {
        return epoch != now.epoch
                || !key.equals(now.key)
                || trend != now.trend
                || Math.abs(busyPercent - now.busyPercent) > 20
                || differs(behind, now.behind)
                || !Objects.equals(failureOrNull, now.failureOrNull)
                || differs(waitOrNull, now.waitOrNull);
    }

    private static String cut(String text) {
        return text.length() <= LONGEST_TEXT ? text : text.substring(0, LONGEST_TEXT - 3) + "...";
    }

    private static boolean differs(Duration one, Duration other) {
        Duration tenth = one.dividedBy(10);
        Duration bound = tenth.compareTo(Duration.ofSeconds(2)) > 0 ? tenth : Duration.ofSeconds(2);
        return one.minus(other).abs().compareTo(bound) > 0;
    }

    /** When a wait began is computed anew each time, and where the code is changes all the time. */
    private static boolean differs(@Nullable Wait one, @Nullable Wait other) {
        if (one == null || other == null) {
            return one != null || other != null;
        }
        return !one.what.equals(other.what)
                || one.isStuck != other.isStuck
                || Duration.between(one.since, other.since).abs().toMillis() > 1_000;
    }
}
