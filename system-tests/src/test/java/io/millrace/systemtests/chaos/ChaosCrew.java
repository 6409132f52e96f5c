package io.millrace.systemtests.chaos;

import static java.util.Objects.requireNonNull;

import io.millrace.systemtests.process.MillraceProcess;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Starts the members of a {@link ChaosFleet}, and asks them to leave. */
interface ChaosCrew {
    /**
     * Starts a member as a process of its own.
     *
     * @param notes is told what it tells of its leases, and of its batches if it knows them, on a thread of its own
     */
    MillraceProcess start(Newcomer newcomer, Consumer<ChaosNote> notes);

    /** Asks a member to leave in good order. */
    void askToLeave(MillraceProcess member);

    /** True once nothing is left of what a dead member had started. */
    default boolean isGone(String name) {
        return true;
    }

    /**
     * A member that is about to be started.
     *
     * @param number how many were started before it
     * @param environment where its services are
     */
    record Newcomer(int number, String name, String stream, Duration failover, Map<String, String> environment) {
        public Newcomer {
            requireNonNull(name, "name");
            requireNonNull(stream, "stream");
            requireNonNull(failover, "failover");
            environment = Map.copyOf(environment);
        }
    }

    /**
     * {@linkplain ChaosWorker Workers in Java}.
     *
     * @param ways how they read, {@code pipe} or {@code polling}, in turn
     */
    record Workers(List<String> ways) implements ChaosCrew {
        public Workers {
            ways = List.copyOf(ways);
        }

        @Override
        public MillraceProcess start(Newcomer newcomer, Consumer<ChaosNote> notes) {
            return MillraceProcess.startTest(
                    newcomer.environment,
                    line -> ChaosNote.of(line).ifPresent(notes),
                    "io.millrace.systemtests.chaos.ChaosWorker",
                    List.of(
                            newcomer.stream,
                            newcomer.name,
                            Long.toString(newcomer.failover.toMillis()),
                            ways.get(newcomer.number % ways.size())));
        }

        @Override
        public void askToLeave(MillraceProcess member) {
            member.endInput();
        }
    }
}
