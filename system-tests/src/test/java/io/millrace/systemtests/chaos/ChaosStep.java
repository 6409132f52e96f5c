package io.millrace.systemtests.chaos;

import java.time.Duration;
import java.util.List;

/** Something that is done to a {@link ChaosFleet} while it works. */
sealed interface ChaosStep {
    /** Does it, and waits for what follows from it at once. */
    void on(ChaosFleet fleet) throws Exception;

    /** A step, and which share of all records is processed before it is done, 0 to 1. */
    record Planned(double share, ChaosStep step) {}

    /** The widest open shard is split in the middle. */
    record Split() implements ChaosStep {
        @Override
        public void on(ChaosFleet fleet) {
            fleet.split();
        }
    }

    /** The two narrowest open neighbours are merged. */
    record Merge() implements ChaosStep {
        @Override
        public void on(ChaosFleet fleet) {
            fleet.merge();
        }
    }

    /** One more worker. */
    record Join() implements ChaosStep {
        @Override
        public void on(ChaosFleet fleet) {
            fleet.join();
        }
    }

    /** The worker that works longest leaves in good order. */
    record Leave() implements ChaosStep {
        @Override
        public void on(ChaosFleet fleet) {
            fleet.leave();
        }
    }

    /** The worker that works longest is killed with SIGKILL, and its shards go to others. */
    record Kill() implements ChaosStep {
        @Override
        public void on(ChaosFleet fleet) {
            fleet.kill();
        }
    }

    /** The worker that works longest gets SIGSTOP for twice the failover time, then SIGCONT. */
    record Freeze() implements ChaosStep {
        @Override
        public void on(ChaosFleet fleet) {
            fleet.freeze();
        }
    }

    /** The stream server ends, with SIGKILL or SIGTERM, and comes back on its port with its data. */
    record RestartServer(boolean killed) implements ChaosStep {
        @Override
        public void on(ChaosFleet fleet) {
            fleet.restartServer(killed);
        }
    }

    /** The table answers nothing for so long. */
    record LoseTable(Duration time) implements ChaosStep {
        @Override
        public void on(ChaosFleet fleet) {
            fleet.loseTable(time);
        }
    }

    /** All that may happen to a fleet, twice and more; for minutes. */
    static List<Planned> all() {
        return List.of(
                new Planned(0.04, new Split()),
                new Planned(0.08, new Merge()),
                new Planned(0.12, new Kill()),
                new Planned(0.18, new Join()),
                new Planned(0.24, new Freeze()),
                new Planned(0.32, new RestartServer(false)),
                new Planned(0.36, new Split()),
                new Planned(0.40, new Split()),
                new Planned(0.45, new LoseTable(Duration.ofSeconds(30))),
                new Planned(0.52, new Join()),
                new Planned(0.58, new Kill()),
                new Planned(0.62, new Merge()),
                new Planned(0.66, new RestartServer(true)),
                new Planned(0.72, new Leave()),
                new Planned(0.76, new Join()),
                new Planned(0.80, new Freeze()),
                new Planned(0.84, new Split()),
                new Planned(0.88, new Merge()),
                new Planned(0.92, new Kill()));
    }

    /** Each kind of step once; for half a minute. */
    static List<Planned> brief() {
        return List.of(
                new Planned(0.05, new Split()),
                new Planned(0.12, new Kill()),
                new Planned(0.20, new Join()),
                new Planned(0.30, new Freeze()),
                new Planned(0.45, new RestartServer(true)),
                new Planned(0.50, new Merge()),
                new Planned(0.55, new LoseTable(Duration.ofSeconds(3))),
                new Planned(0.92, new Leave()));
    }
}
