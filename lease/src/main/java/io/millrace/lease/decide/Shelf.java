package io.millrace.lease.decide;

import io.millrace.lease.decide.Planner.Candidate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Leases by weight and, where weights are the same, by key. They mostly come in that order. Belongs to one planning. */
final class Shelf {
    private final List<Candidate> leases = new ArrayList<>();

    static int compare(Candidate one, Candidate other) {
        int byWeight = Double.compare(one.weight(), other.weight());
        return byWeight != 0 ? byWeight : one.key().compareTo(other.key());
    }

    void add(Candidate lease) {
        int size = leases.size();
        if (size == 0 || compare(leases.get(size - 1), lease) < 0) {
            leases.add(lease);
        } else {
            int found = Collections.binarySearch(leases, lease, Shelf::compare);
            leases.add(found < 0 ? -found - 1 : found, lease);
        }
    }

    void remove(Candidate lease) {
        int found = Collections.binarySearch(leases, lease, Shelf::compare);
        if (found >= 0) {
            leases.remove(found);
        }
    }

    /** The lightest first. */
    List<Candidate> all() {
        return Collections.unmodifiableList(leases);
    }

    /** The last of the heaviest not above {@code ideal}, and the last of the lightest above it. */
    List<Candidate> closest(double ideal) {
        List<Candidate> found = new ArrayList<>(2);
        int above = firstAbove(ideal);
        if (above > 0) {
            found.add(leases.get(above - 1));
        }
        if (above < leases.size()) {
            found.add(leases.get(firstAbove(leases.get(above).weight()) - 1));
        }
        return found;
    }

    private int firstAbove(double weight) {
        int low = 0;
        int high = leases.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (leases.get(middle).weight() <= weight) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
