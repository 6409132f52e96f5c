package io.millrace.lease.table;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What people may want to know of a lease. Nothing is decided by it.
 *
 * @param savedAtOrNull when the checkpoint was moved, on the wall clock of whoever moved it, in milliseconds; absent if not known
 * @param skips a line for each of the last times that records were skipped by hand, the latest last
 */
public record LeaseNotes(@Nullable Instant savedAtOrNull, List<String> skips) {
    /** Nothing is noted. */
    public static final LeaseNotes NONE = new LeaseNotes(null, List.of());

    private static final int MOST_SKIPS = 5;

    /** Checks the parts and copies the list. */
    public LeaseNotes {
        requireNonNull(skips, "skips");
        savedAtOrNull = savedAtOrNull == null ? null : savedAtOrNull.truncatedTo(ChronoUnit.MILLIS);
        skips = List.copyOf(skips);
    }

    /** When the checkpoint was moved; empty if not known. */
    public Optional<Instant> savedAt() {
        return Optional.ofNullable(savedAtOrNull);
    }

    /** The same, of a checkpoint that was moved at {@code time}. */
    public LeaseNotes savedAt(Instant time) {
        return new LeaseNotes(requireNonNull(time, "time"), skips);
    }

    /** The same, of a checkpoint that was moved at a time that is not known. */
    public LeaseNotes unsaved() {
        return savedAtOrNull == null ? this : new LeaseNotes(null, skips);
    }

    /** The same with one more {@code line} about records that were skipped; the oldest goes where there are many. */
    public LeaseNotes skipped(String line) {
        List<String> all = Stream.concat(skips.stream(), Stream.of(line)).toList();
        return new LeaseNotes(savedAtOrNull, all.subList(Math.max(0, all.size() - MOST_SKIPS), all.size()));
    }
}
