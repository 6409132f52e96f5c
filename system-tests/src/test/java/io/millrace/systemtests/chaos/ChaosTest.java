package io.millrace.systemtests.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.systemtests.chaos.ChaosJudge.Bounds;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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
 * Worker processes read a stream by pipe and by polling while its shards are split and merged, workers join, leave, die and sleep,
 * the server starts again, and the table is gone: nothing is lost, every key stays in order, and only what could not be saved comes
 * again.
 */
class ChaosTest {
    private static final Logger log = LoggerFactory.getLogger(ChaosTest.class);
    private static final String STREAM = "chaos";
    private static final int SHARDS = 8;
    private static final int WORKERS = 3;
    /** The interval of checkpoints, and for a batch in hand and a write under way on a busy machine. */
    private static final Duration UNSAVED = Duration.ofSeconds(1).plusSeconds(3);
    /** When nobody has processed anything for so long, what is missing is lost. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    Path folder;

    /** How large a run is, and how many records may be put and not processed. */
    private record Size(ChaosProducer.Load load, int ahead, Duration failover, List<ChaosStep.Planned> steps) {}

    @Test
    @Timeout(300)
    void nothingIsLostOrOutOfOrderWhateverHappensToAFleet() throws Exception {
        Size size =
                new Size(new ChaosProducer.Load(50_000, 250, 100, 10), 2_000, Duration.ofSeconds(2), ChaosStep.brief());

        ChaosVerdict verdict = run(size, List.of("pipe", "polling", "pipe"));

        assertThat(verdict.byPipe()).as("%s", verdict).isPositive();
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"pipe", "polling"})
    @Timeout(1_200)
    void twoMillionRecordsAreNeitherLostNorOutOfOrder(String way) throws Exception {
        Size size = new Size(
                new ChaosProducer.Load(2_000_000, 1_000, 500, 15), 100_000, Duration.ofSeconds(5), ChaosStep.all());

        ChaosVerdict verdict = run(size, List.of(way));

        assertThat(verdict.byPipe() > 0).as("by pipe: %s", verdict).isEqualTo(way.equals("pipe"));
    }

    private ChaosVerdict run(Size size, List<String> ways) throws Exception {
        ChaosTally tally = new ChaosTally();
        Semaphore room = new Semaphore(size.ahead);
        long began = System.nanoTime();
        try (ChaosFleet fleet = new ChaosFleet(
                        STREAM, SHARDS, size.failover, folder.resolve("data"), new ChaosCrew.Workers(ways), note -> {
                            if (note instanceof ChaosNote.Batch batch) {
                                room.release(tally.add(batch));
                            }
                        });
                ChaosProducer producer = new ChaosProducer(fleet.port(), STREAM, size.load, room)) {
            for (int i = 0; i < WORKERS; i++) {
                fleet.join();
            }
            fleet.awaitHolders(WORKERS);
            producer.start();
            for (ChaosStep.Planned planned : size.steps) {
                long threshold = Math.round(planned.share() * size.load.records());
                fleet.await(threshold + " records before " + planned, () -> {
                    producer.isDone();
                    return tally.size() >= threshold;
                });
                log.warn("{} records, {} ms: {}", tally.size(), millisSince(began), planned.step());
                planned.step().on(fleet);
            }
            fleet.await("the last put", producer::isDone);
            ChaosProducer.Put put = producer.put();
            fleet.await("the last record", () -> tally.holds(put.acknowledged()) || fleet.isQuietFor(PATIENCE));
            fleet.leaveAll();

            ChaosVerdict verdict = new ChaosJudge(
                            put.acknowledged(),
                            put.unsure(),
                            fleet.told(),
                            fleet.troubles(),
                            new Bounds(UNSAVED, size.failover))
                    .judge();
            log.warn("{} in {} ms: {}", ways, millisSince(began), verdict);
            assertThat(verdict.lost()).as("%s", verdict).isZero();
            assertThat(verdict.violations()).as("%s", verdict).isZero();
            return verdict;
        }
    }

    private static long millisSince(long began) {
        return Duration.ofNanos(System.nanoTime() - began).toMillis();
    }
}
