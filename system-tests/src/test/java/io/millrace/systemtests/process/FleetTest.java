package io.millrace.systemtests.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * Three worker processes share a stream; one is killed, one is asked to leave. Nothing is lost, and every shard goes on.
 * The times are logged for whoever runs this to measure; only the slow variant, meant for a quiet machine, judges them.
 */
@Tag("slow")
class FleetTest {
    private static final Logger log = LoggerFactory.getLogger(FleetTest.class);
    private static final String STREAM = "fleet";
    private static final int SHARDS = 8;
    private static final Duration FAILOVER = Duration.ofSeconds(3);

    private final int kinesisPort = MillraceProcess.freePort();
    private final int dynamoDbPort = MillraceProcess.freePort();
    private final Map<String, String> environment = LocalClients.environment(kinesisPort, dynamoDbPort);
    private final Set<String> processed = ConcurrentHashMap.newKeySet();
    /** A permit whenever a worker printed a record. */
    private final Semaphore news = new Semaphore(0);

    private List<WorkerProcess> fleet = List.of();

    @TempDir
    Path folder;

    /** How long moved shards stood still. */
    private record Pauses(Duration afterKill, Duration afterLeave) {}

    @Test
    @Timeout(180)
    void fleetSharesShardsAndSurvivesAKillAndALeave() {
        killOneAndLetOneLeave(20_000);
    }

    @Test
    @Timeout(300)
    void shardsOfAKilledOrLeavingWorkerGoOnWithinTheirTimes() {
        Pauses pauses = killOneAndLetOneLeave(100_000);

        assertThat(pauses.afterKill).isLessThan(FAILOVER.plusSeconds(1));
        assertThat(pauses.afterLeave).isLessThan(Duration.ofSeconds(1));
    }

    private Pauses killOneAndLetOneLeave(int records) {
        try (MillraceProcess server = startServer();
                KinesisAsyncClient kinesis = LocalClients.kinesisWithoutRetries(kinesisPort)) {
            LocalClients.createStream(kinesis, STREAM, SHARDS);
            SteadyProducer producer = new SteadyProducer(kinesis, STREAM, records);
            try (WorkerProcess first = startWorker("first", producer);
                    WorkerProcess second = startWorker("second", producer);
                    WorkerProcess third = startWorker("third", producer)) {
                List<WorkerProcess> all = List.of(first, second, third);
                fleet = all;
                producer.start();
                await(() -> isEven(all));

                Set<String> orphans = first.shards();
                second.forgetProcessedShards();
                third.forgetProcessedShards();
                long killed = System.nanoTime();
                first.kill();
                await(() -> haveProcessed(orphans, second, third));
                Duration afterKill = Duration.ofNanos(System.nanoTime() - killed);
                await(() -> isEven(List.of(second, third)));

                Set<String> handedOver = second.shards();
                third.forgetProcessedShards();
                long left = System.nanoTime();
                second.terminate();
                await(() -> third.processedShards().containsAll(handedOver));
                Duration afterLeave = Duration.ofNanos(System.nanoTime() - left);
                assertThat(second.exitCode()).isZero();

                Set<String> put = producer.finish();
                await(() -> processed.containsAll(put));
                assertThat(processed).isEqualTo(put);
                assertThat(server.isAlive()).isTrue();
                checkThatEveryOwnershipHasItsOwnEpoch(all);
                log.warn(
                        "{} records, {} shards: moved shards went on {} ms after SIGKILL (failover {} ms)"
                                + " and {} ms after SIGTERM",
                        put.size(),
                        SHARDS,
                        afterKill.toMillis(),
                        FAILOVER.toMillis(),
                        afterLeave.toMillis());
                return new Pauses(afterKill, afterLeave);
            }
        }
    }

    private MillraceProcess startServer() {
        return MillraceProcess.startAndAwait(
                Map.of(),
                ":" + dynamoDbPort,
                List.of(
                        "server",
                        "--port",
                        Integer.toString(kinesisPort),
                        "--tls-port",
                        Integer.toString(MillraceProcess.freePort()),
                        "--dynamodb-port",
                        Integer.toString(dynamoDbPort),
                        "--data",
                        folder.resolve("data").toString()));
    }

    private WorkerProcess startWorker(String name, SteadyProducer producer) {
        return new WorkerProcess(name, STREAM, folder, environment, FAILOVER.toSeconds(), record -> {
            if (processed.add(record.data())) {
                producer.onProcessed();
            }
            news.release();
        });
    }

    private static boolean isEven(List<WorkerProcess> workers) {
        List<Integer> counts =
                workers.stream().map(worker -> worker.shards().size()).sorted().toList();
        int total = counts.stream().mapToInt(Integer::intValue).sum();
        return total == SHARDS && counts.get(counts.size() - 1) - counts.get(0) <= 1;
    }

    private static boolean haveProcessed(Set<String> shards, WorkerProcess... workers) {
        Set<String> seen = new HashSet<>();
        for (WorkerProcess worker : workers) {
            seen.addAll(worker.processedShards());
        }
        return seen.containsAll(shards);
    }

    private static void checkThatEveryOwnershipHasItsOwnEpoch(List<WorkerProcess> workers) {
        Set<WorkerProcess.Event> taken = new HashSet<>();
        for (WorkerProcess worker : workers) {
            for (WorkerProcess.Event event : worker.events()) {
                if (event.event().equals("lease-taken")) {
                    assertThat(taken.add(event)).as("%s happened once", event).isTrue();
                }
            }
        }
    }

    /** Looks again whenever a worker printed something, and now and then; the test's timeout ends a vain wait. */
    private void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            try {
                news.tryAcquire(20, TimeUnit.MILLISECONDS);
            } catch (InterruptedException timeout) {
                throw new AssertionError(processed.size() + " records processed; the workers: " + fleet, timeout);
            }
            news.drainPermits();
        }
    }
}
