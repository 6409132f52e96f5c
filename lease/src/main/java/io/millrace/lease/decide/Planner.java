package io.millrace.lease.decide;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Decides who shall own what: whoever has a lease keeps it, what nobody has goes to the least loaded, and then single
 * leases move from the most to the least loaded for as long as that makes the two more even. A lease that is being
 * handed over already is not moved again. A pure function; the same input gives the same plan.
 */
public final class Planner {
    private static final double NOTHING = 1e-9;

    private final NavigableMap<WorkerId, Load> loads = new TreeMap<>();
    private final SortedMap<LeaseKey, Assignment> plan = new TreeMap<>();

    private Planner(Set<WorkerId> workers) {
        workers.forEach(worker -> loads.put(worker, new Load(worker)));
    }

    /**
     * One lease that may be consumed.
     *
     * @param key the lease
     * @param owner who owns it now, if anybody
     * @param planned what the last plan said, if anything
     * @param weight what it costs its owner, above zero; 1 for all makes counts even
     */
    public record Candidate(LeaseKey key, Optional<WorkerId> owner, Optional<Assignment> planned, double weight) {
        /** Checks the parts. */
        public Candidate {
            requireNonNull(key, "key");
            if (!(weight > 0)) {
                throw new IllegalArgumentException("weight of " + key + " must be above zero: " + weight);
            }
        }
    }

    /**
     * What became of one lease.
     *
     * @param worker who shall own it
     * @param reason one line that says why
     */
    public record Assignment(WorkerId worker, String reason) {
        /** Checks the parts. */
        public Assignment {
            requireNonNull(worker, "worker");
            requireNonNull(reason, "reason");
        }
    }

    /**
     * The plan.
     *
     * @param candidates every lease that may be consumed; others have no place in a plan
     * @param workers who takes part; without any the plan is empty
     */
    public static SortedMap<LeaseKey, Assignment> plan(Collection<Candidate> candidates, Set<WorkerId> workers) {
        Planner planner = new Planner(workers);
        if (!workers.isEmpty()) {
            planner.keep(candidates).forEach(planner::place);
            planner.even();
        }
        return planner.plan;
    }

    /** Leaves every lease where it is or is going to, and returns those that are nowhere. */
    private List<Candidate> keep(Collection<Candidate> candidates) {
        List<Candidate> homeless = new ArrayList<>();
        for (Candidate lease : candidates) {
            Optional<Assignment> planned = lease.planned.filter(assignment -> loads.containsKey(assignment.worker));
            Optional<WorkerId> owner = lease.owner.filter(loads::containsKey);
            if (planned.isPresent()) {
                assign(lease, planned.get());
            } else if (owner.isPresent()) {
                assign(lease, new Assignment(owner.get(), "its owner took it when its parents had ended"));
            } else {
                homeless.add(lease);
            }
        }
        homeless.sort(Comparator.comparingDouble(Candidate::weight).reversed().thenComparing(Candidate::key));
        return homeless;
    }

    private void place(Candidate lease) {
        Load least = leastLoaded();
        String why = lease.owner
                .map(owner -> owner.name() + " had it and does not take part any more; ")
                .orElse("nobody had it; ");
        assign(lease, new Assignment(least.worker, why + least.worker.name() + " had least (" + least.size() + ")"));
    }

    private void even() {
        for (Move move = nextMove(); move != null; move = nextMove()) {
            String why = "evens out " + move.from.worker.name() + " (" + move.from.size() + ") and "
                    + move.to.worker.name() + " (" + move.to.size() + ")";
            move.from.remove(move.lease);
            assign(move.lease, new Assignment(move.to.worker, why));
        }
    }

    private @Nullable Move nextMove() {
        Load least = leastLoaded();
        List<Load> fullest = new ArrayList<>(loads.values());
        fullest.sort(Comparator.comparingDouble((Load load) -> load.weight).reversed());
        for (Load load : fullest) {
            double gap = load.weight - least.weight;
            Optional<Candidate> lease = load.bestToMove(gap);
            if (lease.isPresent()) {
                return new Move(lease.get(), load, least);
            }
        }
        return null;
    }

    private Load leastLoaded() {
        return loads.values().stream()
                .min(Comparator.comparingDouble(load -> load.weight))
                .orElseThrow();
    }

    private void assign(Candidate lease, Assignment assignment) {
        plan.put(lease.key, assignment);
        requireNonNull(loads.get(assignment.worker)).add(lease, isInHandoff(lease, assignment));
    }

    /** A live owner is giving the lease to somebody else. */
    private boolean isInHandoff(Candidate lease, Assignment assignment) {
        return lease.owner
                .filter(owner -> loads.containsKey(owner) && !owner.equals(assignment.worker))
                .isPresent();
    }

    private record Move(Candidate lease, Load from, Load to) {}

    /** What one worker shall own; belongs to one planning. */
    private static final class Load {
        private final WorkerId worker;
        private final SortedMap<LeaseKey, Candidate> movable = new TreeMap<>();
        private int fixed;
        private double weight;

        Load(WorkerId worker) {
            this.worker = worker;
        }

        void add(Candidate lease, boolean inHandoff) {
            weight += lease.weight;
            if (inHandoff) {
                fixed++;
            } else {
                movable.put(lease.key, lease);
            }
        }

        void remove(Candidate lease) {
            weight -= lease.weight;
            movable.remove(lease.key);
        }

        int size() {
            return movable.size() + fixed;
        }

        /** Of the leases whose move narrows {@code gap}: one that nobody works on if possible, then the best fit. */
        Optional<Candidate> bestToMove(double gap) {
            return movable.values().stream()
                    .filter(lease -> lease.weight < gap - NOTHING)
                    .min(Comparator.<Candidate, Boolean>comparing(lease -> lease.owner.equals(Optional.of(worker)))
                            .thenComparingDouble(lease -> Math.abs(gap / 2 - lease.weight))
                            .thenComparing(Candidate::key, Comparator.reverseOrder()));
        }
    }

    /** The candidates that {@code leases} and the last plans make. */
    static List<Candidate> candidates(LeaseBook leases, Map<LeaseKey, Assignment> planned) {
        return leases.rows().stream()
                .filter(leases::isReady)
                .map(row -> new Candidate(row.key(), row.owner(), Optional.ofNullable(planned.get(row.key())), 1))
                .toList();
    }
}
