package io.millrace.systemtests.chaos;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Something that is done to daemons or their children while they work. */
sealed interface DaemonStep {
    /** The same as to a fleet of workers. */
    record OfFleet(ChaosStep step) implements DaemonStep {
        public OfFleet {
            requireNonNull(step, "step");
        }
    }

    /** The child of a shard is asked to do something to itself. */
    record Asked(ChildDeed deed, int shard) implements DaemonStep {}

    /** The child of a shard is killed from outside, in a quiet moment, and the other shards are watched. */
    record KillChild(int shard) implements DaemonStep {}

    /** Children are asked, and the fleet has its step before they are done with it. */
    record AtOnce(List<DaemonStep> asked, ChaosStep step) implements DaemonStep {
        public AtOnce {
            asked = List.copyOf(asked);
        }
    }

    /** A step, and which share of all records is processed before it is done, 0 to 1. */
    record Planned(double share, DaemonStep step) {
        public Planned {
            requireNonNull(step, "step");
        }
    }

    /** Every deed by the child of every shard, and between them all else; for minutes. */
    static List<Planned> all(int shards) {
        List<DaemonStep> steps = new ArrayList<>();
        List<ChaosStep> ofFleet = List.of(
                new ChaosStep.Kill(),
                new ChaosStep.Join(),
                new ChaosStep.Freeze(),
                new ChaosStep.Leave(),
                new ChaosStep.Join(),
                new ChaosStep.Kill(),
                new ChaosStep.Join(),
                new ChaosStep.Freeze(),
                new ChaosStep.Split(),
                new ChaosStep.Leave(),
                new ChaosStep.Join());
        List<ChildDeed> deeds = List.of(ChildDeed.values());
        for (int round = 0; round < deeds.size(); round++) {
            List<DaemonStep> asked = new ArrayList<>();
            for (int shard = 0; shard < shards; shard++) {
                asked.add(new Asked(deeds.get((round + shard) % deeds.size()), shard));
            }
            ChaosStep fleetStep = ofFleet.get(round % ofFleet.size());
            if (round % 2 == 0) {
                // Not soon after a step of the fleet: a daemon that starts, or that leases move away from, pauses
                // shards by itself.
                steps.addAll(asked.subList(0, shards / 2));
                steps.add(new KillChild((round + 1) % shards));
                steps.addAll(asked.subList(shards / 2, shards));
                steps.add(new KillChild(round % shards));
                steps.add(new OfFleet(fleetStep));
            } else {
                steps.add(new AtOnce(asked, fleetStep));
            }
        }
        return spread(steps);
    }

    /** Some of each kind; for seconds. */
    static List<Planned> brief(List<ChildDeed> deeds) {
        List<DaemonStep> steps = new ArrayList<>();
        for (int i = 0; i < deeds.size(); i++) {
            steps.add(new Asked(deeds.get(i), i));
        }
        steps.add(new OfFleet(new ChaosStep.Kill()));
        return spread(steps);
    }

    private static List<Planned> spread(List<DaemonStep> steps) {
        return Stream.iterate(0, i -> i < steps.size(), i -> i + 1)
                .map(i -> new Planned((i + 1.0) / (steps.size() + 2), steps.get(i)))
                .toList();
    }
}
