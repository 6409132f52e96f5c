package io.millrace.lease.decide;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import io.millrace.lease.table.LeaseRow;
import io.millrace.model.StreamName;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Decides who shall own what: whoever has a lease keeps it, what nobody has goes to the least loaded, and then single
 * leases move from the most to the least loaded for as long as that makes the two more even. A lease that is being
 * handed over already is not moved again. A pure function; the same input gives the same plan.
 *
 * <p>Where all leases weigh the same, loads end up even to one lease. Measured weights never stand still, so with them
 * nothing moves while every worker is within 10 % of the mean; once one is not, leases move until all are within 5 % or
 * no single move helps.
 */
public final class Planner {
    /** Workers this far from the mean are even enough, where weights were measured. */
    private static final double BAND = 0.10;

    /** Where evening out stops once it has begun; closer than the band, so that a small change does not begin it again. */
    private static final double TARGET = 0.05;

    /** Below this mean, in bytes a second and lease, a fleet is idle and every lease weighs the same. */
    private static final double IDLE = 1024;

    /** What an idle lease weighs among busy ones: it is asked for records all the same. */
    private static final double LEAST = 0.1;

    private static final double NOTHING = 1e-9;

    /** In the order of the workers. */
    private final Map<WorkerId, Load> loads = new LinkedHashMap<>();

    private final List<Load> emptiest;
    private final List<Load> fullest;
    private final Map<LeaseKey, Assignment> plan = new HashMap<>();
    private final Set<StreamName> withoutRoom = new HashSet<>();
    private final boolean alike;
    private final double mean;

    private Planner(Collection<Candidate> candidates, Map<WorkerId, Seat> workers) {
        new TreeMap<>(workers).forEach((worker, seat) -> loads.put(worker, new Load(worker, seat)));
        this.emptiest = new ArrayList<>(loads.values());
        this.fullest = new ArrayList<>(loads.values());
        double sum = 0;
        double least = Double.MAX_VALUE;
        double most = 0;
        for (Candidate lease : candidates) {
            sum += lease.weight;
            least = Math.min(least, lease.weight);
            most = Math.max(most, lease.weight);
        }
        this.alike = most <= least;
        this.mean = sum / Math.max(1, workers.size());
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

    /** {@link #plan(Collection, Map)} for workers that take any number of leases of any stream. */
    public static Map<LeaseKey, Assignment> plan(Collection<Candidate> candidates, Set<WorkerId> workers) {
        SortedMap<WorkerId, Seat> seats = new TreeMap<>();
        workers.forEach(worker -> seats.put(worker, Seat.ANY));
        return plan(candidates, seats);
    }

    /**
     * The plan. A lease that no worker has room for, or whose stream none reads, has no place in it.
     *
     * @param candidates every lease that may be consumed; others have no place in a plan
     * @param workers who takes part, and what each can take; without any the plan is empty
     */
    public static Map<LeaseKey, Assignment> plan(Collection<Candidate> candidates, Map<WorkerId, Seat> workers) {
        Planner planner = new Planner(candidates, workers);
        if (!workers.isEmpty()) {
            planner.keep(candidates).forEach(planner::place);
            planner.shed();
            planner.even();
        }
        return Collections.unmodifiableMap(planner.plan);
    }

    /** Leaves every lease where it is or is going to, and returns those that are nowhere. */
    private List<Candidate> keep(Collection<Candidate> candidates) {
        List<Candidate> homeless = new ArrayList<>();
        for (Candidate lease : candidates) {
            Assignment planned = lease.planned.orElse(null);
            WorkerId owner = lease.owner.orElse(null);
            if (planned != null && takes(planned.worker, lease)) {
                assign(lease, planned);
            } else if (owner != null && takes(owner, lease)) {
                assign(lease, new Assignment(owner, "its owner took it when its parents had ended"));
            } else {
                homeless.add(lease);
            }
        }
        homeless.sort(Comparator.comparingDouble(Candidate::weight).reversed().thenComparing(Candidate::key));
        return homeless;
    }

    private boolean takes(WorkerId worker, Candidate lease) {
        Load load = loads.get(worker);
        return load != null && load.seat.takes(lease.key.stream());
    }

    private void place(Candidate lease) {
        Optional<Load> room = roomFor(lease);
        if (room.isPresent()) {
            Load to = room.get();
            String why = lease.owner
                    .map(owner -> owner.name() + " had it and does not take part any more; ")
                    .orElse("nobody had it; ");
            assign(lease, new Assignment(to.worker, why + to.worker.name() + " had least (" + to.size() + ")"));
        }
    }

    /** The least loaded of those with room; where nobody has any, room is made if that is possible. */
    private Optional<Load> roomFor(Candidate lease) {
        StreamName stream = lease.key.stream();
        Optional<Load> least = leastLoaded(lease);
        // Where no room can be made for one lease, there is none for the next of its stream.
        if (least.isPresent() || withoutRoom.contains(stream)) {
            return least;
        }
        if (!makeRoom(stream)) {
            withoutRoom.add(stream);
        }
        return leastLoaded(lease);
    }

    private Optional<Load> leastLoaded(Candidate lease) {
        return loads.values().stream()
                .filter(load -> load.hasRoom() && load.seat.takes(lease.key.stream()))
                .min(Comparator.comparingDouble(load -> load.weight));
    }

    /**
     * All who read {@code stream} are full: looks for one of them that can pass a lease on to somebody who has room, or
     * who can pass one on in turn.
     *
     * @return true when one of them has room now
     */
    private boolean makeRoom(StreamName stream) {
        Map<Load, Move> ways = new HashMap<>();
        Deque<Load> reached = new ArrayDeque<>();
        loads.values().stream().filter(load -> load.seat.takes(stream)).forEach(reached::add);
        Set<Load> seen = new HashSet<>(reached);
        while (!reached.isEmpty()) {
            Load from = reached.remove();
            for (Load to : loads.values()) {
                Candidate passed = seen.contains(to) ? null : from.lightestFor(to.seat);
                if (passed != null) {
                    seen.add(to);
                    reached.add(to);
                    ways.put(to, new Move(passed, from, to));
                    if (to.hasRoom()) {
                        passOn(ways, to);
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private void passOn(Map<Load, Move> ways, Load end) {
        for (Move move = ways.get(end); move != null; move = ways.get(move.from)) {
            move(move, move.from.worker.name() + " makes room for what only it can take");
        }
    }

    /** A worker may have more than it takes, with what it took of a finished parent: others with room get the rest. */
    private void shed() {
        for (Load load : loads.values()) {
            if (load.isOverfull()) {
                load.lightestFirst().forEach(lease -> shed(load, lease));
            }
        }
    }

    private void shed(Load load, Candidate lease) {
        Optional<Load> room = load.isOverfull() && isIn(lease, load) ? roomFor(lease) : Optional.empty();
        // Making room may have taken something from this one, too.
        if (room.isPresent() && load.isOverfull() && isIn(lease, load)) {
            move(
                    new Move(lease, load, room.get()),
                    load.worker.name() + " takes " + load.seat.maxLeases() + " at most");
        }
    }

    private boolean isIn(Candidate lease, Load load) {
        return requireNonNull(plan.get(lease.key)).worker.equals(load.worker);
    }

    private void even() {
        if (!alike && nextMove(BAND) == null) {
            return;
        }
        for (Move move = nextMove(TARGET); move != null; move = nextMove(TARGET)) {
            move(
                    move,
                    "evens out " + move.from.worker.name() + " (" + move.from.says(mean) + ") and "
                            + move.to.worker.name() + " (" + move.to.says(mean) + ")");
        }
    }

    private void move(Move move, String why) {
        move.from.remove(move.lease);
        assign(move.lease, new Assignment(move.to.worker, why));
    }

    private @Nullable Move nextMove(double band) {
        // All but two stand in order from the move before.
        emptiest.sort(Load::compareLightestFirst);
        fullest.sort(Load::compareHeaviestFirst);
        for (Load to : emptiest) {
            for (Load from : fullest) {
                double gap = from.weight - to.weight;
                if (isFar(from, to, band) && to.hasRoom()) {
                    Candidate lease = from.bestToMove(gap, mostWorthMoving(gap), to.seat);
                    if (lease != null) {
                        return new Move(lease, from, to);
                    }
                }
            }
        }
        return null;
    }

    /** Both may be below the mean, where others hold what these two do not read: then only what lies between them counts. */
    private boolean isFar(Load from, Load to, double band) {
        return alike
                || (from.weight - to.weight > mean * band
                        && (from.weight > mean * (1 + band) || to.weight < mean * (1 - band)));
    }

    /**
     * Up to which weight a lease narrows the gap between two workers. A measured one that would only turn the gap around
     * does not: it would go back and forth for ever.
     */
    private double mostWorthMoving(double gap) {
        return alike ? gap - NOTHING : Math.max(gap / 2, gap - mean * BAND / 2);
    }

    private void assign(Candidate lease, Assignment assignment) {
        plan.put(lease.key, assignment);
        requireNonNull(loads.get(assignment.worker)).add(lease, isInHandoff(lease, assignment));
    }

    /** A live owner is giving the lease to somebody else. */
    private boolean isInHandoff(Candidate lease, Assignment assignment) {
        WorkerId owner = lease.owner.orElse(null);
        return owner != null && !owner.equals(assignment.worker) && loads.containsKey(owner);
    }

    private record Move(Candidate lease, Load from, Load to) {}

    /** The candidates that {@code leases} and the last plans make. */
    static List<Candidate> candidates(LeaseBook leases, Map<LeaseKey, Assignment> planned) {
        List<LeaseRow> ready = new ArrayList<>();
        long measured = 0;
        double sum = 0;
        for (LeaseRow row : leases.rows()) {
            if (leases.isReady(row)) {
                ready.add(row);
                if (row.load() >= 0) {
                    measured++;
                    sum += row.load();
                }
            }
        }
        double meanLoad = measured == 0 ? 0 : sum / measured;
        List<Candidate> candidates = new ArrayList<>(ready.size());
        for (LeaseRow row : ready) {
            LeaseKey key = row.key();
            candidates.add(new Candidate(
                    key, row.owner(), Optional.ofNullable(planned.get(key)), weight(row.load(), meanLoad)));
        }
        return candidates;
    }

    /** In means of the measured; a lease that nobody has measured counts as one mean. */
    static double weight(long load, double meanLoad) {
        return load < 0 || meanLoad < IDLE ? 1 : Math.max(load / meanLoad, LEAST);
    }
}
