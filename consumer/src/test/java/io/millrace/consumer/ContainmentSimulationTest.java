package io.millrace.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.lease.LeaseKey;
import io.millrace.model.ShardId;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Two workers, restarted when they end, in a world in which anything throws: readers and directories where they should have
 * failed a future, listeners, meter registries, and threads that cannot be made; loops stand still for a while, too. Once
 * that is over every record is processed and every worker closes.
 */
class ContainmentSimulationTest {
    private static final Duration TROUBLE = Duration.ofSeconds(60);
    private static final int RECORDS = 400;
    private static final int MUTATION_SEEDS = 50;

    static LongStream seeds() {
        Long replay = Long.getLong("seed");
        return replay != null ? LongStream.of(replay) : LongStream.range(0, Long.getLong("seeds", 30));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void nothingThatThrowsLeavesAShardHeldAndDead(long seed) {
        run(seed, ContainmentMutation.NONE);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void errorMadeOnPurposeIsCaught(ContainmentMutation mutation, TestReporter reporter) {
        for (int seed = 0; seed < MUTATION_SEEDS; seed++) {
            try {
                run(seed, mutation);
            } catch (AssertionError caught) {
                reporter.publishEntry(mutation.name(), "caught by seed " + seed);
                return;
            }
        }
        fail("%s is not caught by %d seeds", mutation, MUTATION_SEEDS);
    }

    private static void run(long seed, ContainmentMutation mutation) {
        // Every error made on purpose is a line with its stack.
        try (Warnings unread = new Warnings("io.millrace")) {
            new TroubledWorld(seed, mutation).run();
            assertThat(unread.lines()).isNotEmpty();
        }
    }

    private static final class TroubledWorld {
        private final WorkerWorld world;
        private final SplittableRandom random;
        private final TroubledPlatform platform;
        private boolean troubled = true;
        private boolean ending;
        private int started;

        TroubledWorld(long seed, ContainmentMutation mutation) {
            world = new WorkerWorld(seed, 4);
            random = new SplittableRandom(seed);
            platform = new TroubledPlatform(world.sim, () -> happens(20));
            world.platform = platform;
            world.loopGuard = mutation::guard;
            world.sim.bearContainedErrors();
            world.listener = event -> throwNowAndThen(3);
            world.registry = new SimpleMeterRegistry();
            world.registry.config().meterFilter(MeterFilter.replaceTagValues("stream", stream -> {
                throwNowAndThen(4);
                return stream;
            }));
            world.services =
                    backend -> ThrowingServices.around(backend, () -> throwNowAndThen(300), () -> throwNowAndThen(30));
        }

        void run() {
            start();
            start();
            world.putSpread(RECORDS, TROUBLE);
            world.sim.at(TROUBLE.dividedBy(3), () -> world.stream().split(ShardId.of(1)));
            for (int i = 0; i < 3; i++) {
                world.sim.at(time(TROUBLE), this::stallOne);
            }
            world.sim.at(TROUBLE, this::heal);
            supervise();
            String failing = "seed " + world.sim.seed();
            try {
                world.sim.runUntil(
                        () -> world.put.size() == RECORDS && world.processed.size() == RECORDS, Duration.ofMinutes(8));
            } catch (AssertionError stuck) {
                throw new AssertionError(
                        failing + ": " + world.processed.size() + " of " + RECORDS + " records are processed", stuck);
            }
            ending = true;
            for (WorkerCore core : world.cores) {
                CompletableFuture<List<LeaseKey>> end = core.close(Duration.ofSeconds(20));
                world.sim.runUntil(end::isDone, Duration.ofSeconds(30));
            }
            assertThat(world.table.listLeases().join())
                    .as(failing)
                    .allMatch(lease -> lease.owner().isEmpty());
        }

        private void start() {
            world.start("worker-" + started++);
        }

        /** Starts another worker for each that has ended by itself. */
        private void supervise() {
            world.sim.at(Duration.ofSeconds(1), () -> {
                long alive = world.cores.stream()
                        .filter(core -> !core.ended().isDone())
                        .count();
                if (alive < 2 && !ending) {
                    start();
                }
                supervise();
            });
        }

        private void stallOne() {
            TroubledPlatform.StallingLoop loop = platform.workerLoops.get(random.nextInt(platform.workerLoops.size()));
            loop.stall();
            world.sim.at(time(Duration.ofSeconds(20)), loop::goOn);
        }

        private void heal() {
            troubled = false;
        }

        private boolean happens(int onceIn) {
            return troubled && random.nextInt(onceIn) == 0;
        }

        private void throwNowAndThen(int onceIn) {
            if (happens(onceIn)) {
                if (random.nextBoolean()) {
                    throw new AssertionError("an error, made on purpose");
                }
                throw new IllegalStateException("an exception, made on purpose");
            }
        }

        private Duration time(Duration below) {
            return Duration.ofNanos(random.nextLong(below.toNanos()));
        }
    }
}
