package io.millrace.lease.decide;

import io.millrace.lease.WorkerId;
import io.millrace.lease.decide.Planner.Candidate;
import io.millrace.model.StreamName;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
    private final SortedMap<StreamName, Shelf> idle = new TreeMap<>();

    private final SortedMap<StreamName, Shelf> worked = new TreeMap<>();
    private int size;

    Load(WorkerId worker, Seat seat) {
        this.worker = worker;
        this.seat = seat;
    }

    void add(Candidate lease, boolean inHandoff) {
        weight += lease.weight();
        size++;
        if (!inHandoff) {
            shelves(lease)
                    .computeIfAbsent(lease.key().stream(), stream -> new Shelf())
                    .add(lease);
        }
    }

    void remove(Candidate lease) {
        weight -= lease.weight();
        size--;
        Shelf shelf = shelves(lease).get(lease.key().stream());
        if (shelf != null) {
            shelf.remove(lease);
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
        for (SortedMap<StreamName, Shelf> shelves : List.of(idle, worked)) {
            shelves.values().stream()
                    .flatMap(shelf -> shelf.all().stream())
                    .sorted(Shelf::compare)
                    .forEach(leases::add);
        }
        return leases;
    }

    /** The lightest lease that may go to {@code to}, one that nobody works on if possible; null when there is none. */
    @Nullable
    Candidate lightestFor(Seat to) {
        for (SortedMap<StreamName, Shelf> shelves : List.of(idle, worked)) {
            Candidate lightest = shelves.entrySet().stream()
                    .filter(shelf -> to.takes(shelf.getKey()))
                    .flatMap(shelf -> shelf.getValue().all().stream().limit(1))
                    .min(Shelf::compare)
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

    private static @Nullable Candidate bestOf(SortedMap<StreamName, Shelf> shelves, double gap, double most, Seat to) {
        Candidate best = null;
        for (Map.Entry<StreamName, Shelf> shelf : shelves.entrySet()) {
            if (to.takes(shelf.getKey())) {
                for (Candidate lease : shelf.getValue().closest(gap / 2)) {
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

    private SortedMap<StreamName, Shelf> shelves(Candidate lease) {
        return worker.equals(lease.owner().orElse(null)) ? worked : idle;
    }

    /** The least loaded first; of equals, the first by name. */
    static int compareLightestFirst(Load one, Load other) {
        int byWeight = Double.compare(one.weight, other.weight);
        return byWeight != 0 ? byWeight : one.worker.compareTo(other.worker);
    }

    /** The most loaded first; of equals, the first by name. */
    static int compareHeaviestFirst(Load one, Load other) {
        int byWeight = Double.compare(other.weight, one.weight);
        return byWeight != 0 ? byWeight : one.worker.compareTo(other.worker);
    }
}
