package io.millrace.systemtests.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.systemtests.chaos.ChaosJudge.Bounds;
import io.millrace.systemtests.house.Checkout;
import java.lang.management.ManagementFactory;
import java.lang.management.OperatingSystemMXBean;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Daemons whose children are killed, hang, raise, print garbage, cut lines, exit with code 0 and close their outputs, and which are
 * themselves ended, killed and stopped: nothing is lost, every key stays in order, what comes again is what was in hand or could not
 * be saved, and no process is left behind.
 */
class DaemonChaosTest {
    private static final Logger log = LoggerFactory.getLogger(DaemonChaosTest.class);
    private static final String STREAM = "chaos";
    private static final int DAEMONS = 3;
    /** The interval of checkpoints, and for a batch in hand and a write under way on a busy machine. */
    private static final Duration UNSAVED = Duration.ofSeconds(1).plusSeconds(3);
    /** When nobody has processed anything for so long, what is missing is lost. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final long LONGEST_PAUSE_MILLIS = 500;

    @TempDir
    Path folder;

    /** How large a run is, and how many records may be put and not processed. */
    private record Size(
            int shards,
            int daemons,
            ChaosProducer.Load load,
            int ahead,
            Duration failover,
            List<DaemonStep.Planned> steps) {}

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"lines", "frames"})
    @Timeout(1_200)
    void millionRecordsAreNeitherLostNorOutOfOrderWhateverChildrenAndDaemonsDo(String way) throws Exception {
        List<DaemonCrew.Kind> kinds = way.equals("lines")
                ? List.of(pythonByLines(), nodeByLines(), pythonByLines())
                : List.of(python(1), node(4), python(4), node(1));
        Size size = new Size(
                8,
                DAEMONS,
                new ChaosProducer.Load(1_000_000, 1_000, 500, 80),
                100_000,
                Duration.ofSeconds(5),
                DaemonStep.all(8));

        run(size, kinds);
    }

    /** For a look in a minute; its processes cost more CPU time than a test of every build may. */
    @Tag("slow")
    @Test
    @Timeout(180)
    void nothingIsLostOrOutOfOrderWhateverChildrenDo() throws Exception {
        List<ChildDeed> deeds = List.of(
                ChildDeed.KILL,
                ChildDeed.EXIT,
                ChildDeed.RAISE,
                ChildDeed.HANG,
                ChildDeed.GARBAGE,
                ChildDeed.CLOSE_WAY);
        Size size = new Size(
                4,
                2,
                new ChaosProducer.Load(20_000, 100, 100, 40),
                2_000,
                Duration.ofSeconds(2),
                DaemonStep.brief(deeds));

        run(size, List.of(python(4), nodeByLines()));
    }

    private void run(Size size, List<DaemonCrew.Kind> kinds) throws Exception {
        Semaphore room = new Semaphore(size.ahead);
        long began = System.nanoTime();
        DaemonCrew crew = new DaemonCrew(
                folder,
                kinds,
                "retrievalMode = FANOUT\nmaxRecords = 1000\ntimeoutInSeconds = 4\nexitTimeoutInSeconds = 4\n");
        try (DaemonChaos chaos =
                        new DaemonChaos(STREAM, size.shards, size.failover, folder.resolve("data"), crew, room);
                ChaosProducer producer = new ChaosProducer(chaos.fleet().port(), STREAM, size.load, room)) {
            ChaosFleet fleet = chaos.fleet();
            for (int i = 0; i < size.daemons; i++) {
                // One after the other: the last ones would give up on a machine that is busy with the starts.
                fleet.join();
                fleet.awaitHolders(i + 1);
            }
            producer.start();
            for (DaemonStep.Planned planned : size.steps) {
                long threshold = Math.round(planned.share() * size.load.records());
                fleet.await(threshold + " records before " + planned, () -> {
                    producer.isDone();
                    return chaos.tally().size() >= threshold;
                });
                log.warn("{} records, {} ms: {}", chaos.tally().size(), millisSince(began), planned.step());
                chaos.take(planned.step());
            }
            fleet.await("the last put", producer::isDone);
            ChaosProducer.Put put = producer.put();
            fleet.await("the last record", () -> chaos.tally().holds(put.acknowledged()) || chaos.isQuietFor(PATIENCE));
            fleet.leaveAll();
            assertThat(chaos.living()).as("children that are left").isEmpty();
            judge(chaos, put, size, millisSince(began));
        }
    }

    private static void judge(DaemonChaos chaos, ChaosProducer.Put put, Size size, long millis) {
        ChildLives.Case found =
                new ChildLives(chaos.told(), chaos.fleet().troubles(), chaos.kills(), chaos.failures(), UNSAVED).make();
        ChaosVerdict verdict = new ChaosJudge(
                        put.acknowledged(),
                        put.unsure(),
                        found.told(),
                        found.troubles(),
                        new Bounds(UNSAVED, size.failover))
                .judge();
        log.warn(
                "{} ms: {}; children that ended and should not, by reason: {}, and without a cause: {}; when a child was killed,"
                        + " others paused for ms {}, in equal times before {}, and its shard for {}; after a daemon's death its last child was gone after ms {}; leases lost: {}",
                millis,
                verdict,
                byReason(chaos.failures()),
                found.unexplained(),
                chaos.pauseMillis(),
                chaos.calmMillis(),
                chaos.recoveryMillis(),
                chaos.farewellMillis(),
                chaos.losses());
        assertThat(verdict.lost()).as("%s", verdict).isZero();
        assertThat(verdict.violations()).as("%s", verdict).isZero();
        assertThat(found.unexplained()).isEmpty();
        judgePauses(chaos.pauseMillis());
    }

    /** On a machine that others use as well each pause may be theirs, but not most of them. */
    private static void judgePauses(List<Long> pauses) {
        OperatingSystemMXBean machine = ManagementFactory.getOperatingSystemMXBean();
        boolean isBusy = machine.getSystemLoadAverage() > 2.0 * machine.getAvailableProcessors();
        assertThat(isBusy ? pauses.subList(0, pauses.size() / 2) : pauses)
                .allSatisfy(pause -> assertThat(pause).isLessThan(LONGEST_PAUSE_MILLIS));
    }

    private static Map<String, Integer> byReason(List<DaemonCrew.ChildFailure> failures) {
        Map<String, Integer> counts = new TreeMap<>();
        failures.forEach(failure -> counts.merge(failure.reason(), 1, Integer::sum));
        return counts;
    }

    private static DaemonCrew.Kind python(int shards) {
        String path = Checkout.top().resolve("multilang/python/src") + ":"
                + resource("chaos_own.py").getParent();
        return new DaemonCrew.Kind(
                "python3 -m millrace child chaos_own:Chaos",
                Map.of("PYTHONPATH", path, "PYTHONDONTWRITEBYTECODE", "1", "CHAOS_PAUSE_SECONDS", "1"),
                shards);
    }

    private static DaemonCrew.Kind node(int shards) {
        Path command = Checkout.top().resolve("multilang/node/bin/millrace-node.cjs");
        return new DaemonCrew.Kind(
                "node " + command + " child " + resource("chaos_own.mjs") + "#Chaos",
                Map.of("CHAOS_PAUSE_SECONDS", "1"),
                shards);
    }

    private static DaemonCrew.Kind pythonByLines() {
        return new DaemonCrew.Kind("python3 -B " + resource("chaos_lines.py"), Map.of("CHAOS_PAUSE_SECONDS", "1"), 1);
    }

    private static DaemonCrew.Kind nodeByLines() {
        return new DaemonCrew.Kind("node " + resource("chaos_lines.mjs"), Map.of("CHAOS_PAUSE_SECONDS", "1"), 1);
    }

    private static Path resource(String name) {
        try {
            return Path.of(Objects.requireNonNull(DaemonChaosTest.class.getResource(name))
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static long millisSince(long began) {
        return Duration.ofNanos(System.nanoTime() - began).toMillis();
    }
}
