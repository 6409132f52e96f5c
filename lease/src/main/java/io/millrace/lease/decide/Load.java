package io.millrace.lease.decide;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import io.millrace.lease.decide.Planner.Candidate;
import io.millrace.model.StreamName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What one worker shall own, kept so that the best lease to move is found without looking at all. Belongs to one planning.
 */
final class Load {
    private static final double NOTHING = 1e-9;

    final WorkerId worker;
    final Seat seat;
    double weight;

    /** Nobody works on these yet, so moving them interrupts nothing. */
    private final SortedMap<StreamName, NavigableMap<Rank, Candidate>> idle = new TreeMap<>();

    private final SortedMap<StreamName, NavigableMap<Rank, Candidate>> worked = new TreeMap<>();
    private int size;

    Load(WorkerId worker, Seat seat) {
        this.worker = worker;
        this.seat = seat;
    }

    void add(Candidate lease, boolean inHandoff) {
        weight += lease.weight();
        size++;
        if (!inHandoff) {
            shelf(lease)
                    .computeIfAbsent(lease.key().stream(), stream -> new TreeMap<>())
                    .put(Rank.of(lease), lease);
        }
    }

    void remove(Candidate lease) {
        weight -= lease.weight();
        size--;
        NavigableMap<Rank, Candidate> shelf = shelf(lease).get(lease.key().stream());
        if (shelf != null) {
            shelf.remove(Rank.of(lease));
        }
    }

    int size() {
        return size;
    }

    boolean hasRoom() {
        return size < seat.maxLeases();
    }

    /** How full it is, for people. */
    String says(double mean) {
        long percent = mean > 0 ? Math.round(100 * weight / mean) : 0;
        return Math.abs(weight - size) < NOTHING
                ? Integer.toString(size)
                : String.format(Locale.ROOT, "%d, %d %% of the mean load", size, percent);
    }

    /** True when the worker shall own more than it takes. */
    boolean isOverfull() {
        return size > seat.maxLeases();
    }

    /** What may go elsewhere, those not worked on first. */
    List<Candidate> lightestFirst() {
        List<Candidate> leases = new ArrayList<>();
        for (SortedMap<StreamName, NavigableMap<Rank, Candidate>> shelves : List.of(idle, worked)) {
            shelves.values().stream()
                    .flatMap(shelf -> shelf.values().stream())
                    .sorted(Comparator.comparingDouble(Candidate::weight).thenComparing(Candidate::key))
                    .forEach(leases::add);
        }
        return leases;
    }

    /** The lightest lease that may go to {@code to}, one that nobody works on if possible; null when there is none. */
    @Nullable
    Candidate lightestFor(Seat to) {
        for (SortedMap<StreamName, NavigableMap<Rank, Candidate>> shelves : List.of(idle, worked)) {
            Candidate lightest = shelves.entrySet().stream()
                    .filter(shelf -> to.takes(shelf.getKey()))
                    .flatMap(shelf -> shelf.getValue().values().stream().limit(1))
                    .min(Comparator.comparingDouble(Candidate::weight).thenComparing(Candidate::key))
                    .orElse(null);
            if (lightest != null) {
                return lightest;
            }
        }
        return null;
    }

    /**
     * Of the leases up to the weight {@code most}: one that nobody works on if possible, then what closes {@code gap} best.
     */
    @Nullable
    Candidate bestToMove(double gap, double most, Seat to) {
        Candidate best = bestOf(idle, gap, most, to);
        return best != null ? best : bestOf(worked, gap, most, to);
    }

    private @Nullable Candidate bestOf(
            SortedMap<StreamName, NavigableMap<Rank, Candidate>> shelves, double gap, double most, Seat to) {
        Candidate best = null;
        for (var shelf : shelves.entrySet()) {
            if (to.takes(shelf.getKey())) {
                for (Candidate lease : closest(shelf.getValue(), gap / 2)) {
                    boolean narrows = lease.weight() <= most;
                    if (narrows && (best == null || isBetter(lease, best, gap / 2))) {
                        best = lease;
                    }
                }
            }
        }
        return best;
    }

    private static boolean isBetter(Candidate one, Candidate other, double ideal) {
        int byFit = Double.compare(Math.abs(ideal - one.weight()), Math.abs(ideal - other.weight()));
        return byFit < 0 || (byFit == 0 && one.key().compareTo(other.key()) > 0);
    }

    /** The last of the heaviest not above {@code ideal}, and the last of the lightest above it. */
    private static List<Candidate> closest(NavigableMap<Rank, Candidate> shelf, double ideal) {
        List<Candidate> found = new ArrayList<>();
        var below = shelf.floorEntry(new Rank(ideal, null));
        if (below != null) {
            found.add(below.getValue());
        }
        var above = shelf.higherEntry(new Rank(ideal, null));
        if (above != null) {
            var last = shelf.floorEntry(new Rank(above.getKey().weight(), null));
            found.add(last == null ? above.getValue() : last.getValue());
        }
        return found;
    }

    private SortedMap<StreamName, NavigableMap<Rank, Candidate>> shelf(Candidate lease) {
        return lease.owner().filter(worker::equals).isPresent() ? worked : idle;
    }

    /** A place by weight; without a key it stands behind all of that weight. */
    private record Rank(double weight, @Nullable LeaseKey key) implements Comparable<Rank> {
        @Override
        public int compareTo(Rank other) {
            int byWeight = Double.compare(weight, other.weight);
            if (byWeight != 0) {
                return byWeight;
            } else if (key == null || other.key == null) {
                return Boolean.compare(key == null, other.key == null);
            }
            return key.compareTo(other.key);
        }

        static Rank of(Candidate lease) {
            return new Rank(lease.weight(), lease.key());
        }
    }
}
