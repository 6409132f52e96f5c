package io.millrace.lease.table;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.LeaseKey;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What people have paused: the leases stay where they are, and their holders process nothing. All workers look at this row
 * all the time; where there is none nothing is paused.
 *
 * @param revision how often the row was written
 * @param allOrNull since when and by whom the whole application is paused; absent if it is not
 * @param leases the same of single leases
 */
public record PauseRow(long revision, @Nullable String allOrNull, SortedMap<LeaseKey, String> leases) implements Row {
    /** Nothing is paused. */
    public static final PauseRow NONE = new PauseRow(0, null, new TreeMap<>());

    /** Copies the map. */
    public PauseRow {
        leases = Collections.unmodifiableSortedMap(new TreeMap<>(leases));
        if (revision < 0) {
            throw new IllegalArgumentException("negative revision of what is paused");
        }
    }

    /** Since when and by whom {@code lease} is paused, alone or with all; empty if it is not. */
    public Optional<String> note(LeaseKey lease) {
        return Optional.ofNullable(allOrNull).or(() -> Optional.ofNullable(leases.get(lease)));
    }

    /** True when {@code lease} is paused, alone or with all. */
    public boolean has(LeaseKey lease) {
        return allOrNull != null || leases.containsKey(lease);
    }

    /** True when nothing is paused. */
    public boolean isEmpty() {
        return allOrNull == null && leases.isEmpty();
    }

    /** The same with the whole application paused. */
    public PauseRow withAll(String note) {
        return new PauseRow(revision, requireNonNull(note, "note"), leases);
    }

    /** The same with {@code lease} paused by itself. */
    public PauseRow with(LeaseKey lease, String note) {
        SortedMap<LeaseKey, String> more = new TreeMap<>(leases);
        more.put(lease, note);
        return new PauseRow(revision, allOrNull, more);
    }

    /** The same without {@code lease}. */
    public PauseRow without(LeaseKey lease) {
        SortedMap<LeaseKey, String> less = new TreeMap<>(leases);
        less.remove(lease);
        return new PauseRow(revision, allOrNull, less);
    }

    /** The same with nothing paused. */
    public PauseRow withoutAny() {
        return new PauseRow(revision, null, new TreeMap<>());
    }

    @Override
    public Entity entity() {
        return Entity.pauses();
    }

    @Override
    public PauseRow withRevision(long other) {
        return new PauseRow(other, allOrNull, leases);
    }
}
