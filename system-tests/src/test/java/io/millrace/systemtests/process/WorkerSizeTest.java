package io.millrace.systemtests.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.model.HashKeyRange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;

/** How much memory and how many threads a worker process takes for many shards, and how soon it reads them all. */
@Tag("slow")
@Timeout(300)
class WorkerSizeTest {
    private static final Logger log = LoggerFactory.getLogger(WorkerSizeTest.class);
    private static final String STREAM = "sized";
    private static final int MIB = 1 << 20;
    /** The defaults of a worker: {@code PollingSettings}. */
    private static final long BUDGET = 64L * MIB;

    private static final long SMALL_PAGE = 64 << 10;
    /** The worker's other objects: places, positions, signatures and buffers of calls. */
    private static final long OTHER = 8L * MIB;

    /** Records in each shard whose processor hangs: three times what the budget holds. */
    private static final int EACH = 5_000;

    private final int port = MillraceProcess.freePort();
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"polling", "pipe"})
    void aThousandIdleShardsTakeFewThreadsAndLittleMemory(String way) throws Exception {
        int shards = 1_000;
        try (DynamoDbLocal tables = DynamoDbLocal.start(DynamoDbLocal.Settings.inMemory());
                MillraceProcess server = MillraceProcess.startServer(port, folder.resolve("data"));
                KinesisAsyncClient kinesis = LocalClients.kinesisWithoutRetries(port)) {
            LocalClients.createStream(kinesis, STREAM, shards);
            put(kinesis, shards, 1);
            long began = System.nanoTime();
            try (MillraceProcess worker = startWorker(tables, way, "return")) {
                long taken = millisUntil("taken " + shards, began);
                long begun = Math.max(taken, millisUntil("begun " + shards, began));
                long cpu = worker.cpuTime().toMillis();
                long tablesCpu =
                        tables.process().info().totalCpuDuration().orElseThrow().toMillis();
                awaitIdle(Duration.ofSeconds(20));
                long threads = status(worker, "Threads:");
                long rss = status(worker, "VmRSS:") * 1_024;
                long heap = measured(worker).heap();
                log.warn(
                        "{} shards by {}: all leases {} ms after the start of the process, all read {} ms, by {} ms of CPU, and {} of"
                                + " the table's; idle: {} threads, {} MiB resident, {} MiB heap after a collection; load {}",
                        shards,
                        way,
                        taken,
                        begun,
                        cpu,
                        tablesCpu,
                        threads,
                        rss / MIB,
                        heap / MIB,
                        load());
                assertThat(threads).isLessThan(130);
                assertThat(heap).isLessThan(512L * MIB);
                assertThat(rss).isLessThan(400_000_000);
                worker.endInput();
                worker.exitCode();
            }
            assertThat(server.isAlive()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"polling", "pipe"})
    void aHundredShardsWhoseProcessorsHangHoldNoMoreThanTheBudgetAndASmallPageEach(String way) throws Exception {
        int shards = 100;
        long records = (long) shards * EACH;
        try (DynamoDbLocal tables = DynamoDbLocal.start(DynamoDbLocal.Settings.inMemory());
                MillraceProcess server = MillraceProcess.startServer(port, folder.resolve("data"));
                KinesisAsyncClient kinesis = LocalClients.kinesisWithoutRetries(port)) {
            LocalClients.createStream(kinesis, STREAM, shards);
            try (MillraceProcess worker = startWorker(tables, way, "hang")) {
                millisUntil("taken " + shards, System.nanoTime());
                Measured empty = measured(worker);
                put(kinesis, shards, EACH);
                Measured full = measured(worker);
                // Nobody gives anything back, so at some time it reads no more.
                for (long before = -1; full.read() != before; full = measured(worker)) {
                    before = full.read();
                    awaitIdle(Duration.ofSeconds(3));
                }
                long held = full.heap() - empty.heap();
                log.warn(
                        "{} shards whose processors hang, by {}: {} of {} records read, {} MiB held; load {}",
                        shards,
                        way,
                        full.read(),
                        records,
                        held / MIB,
                        load());
                assertThat(full.read()).isGreaterThan(10_000).isLessThan(records);
                assertThat(held).isLessThan(BUDGET + shards * SMALL_PAGE + OTHER);
                worker.endInput();
                worker.exitCode();
            }
            assertThat(server.isAlive()).isTrue();
        }
    }

    /** A heap after a collection, and how many records were read by then. */
    private record Measured(long heap, long read) {}

    private Measured measured(MillraceProcess worker) throws InterruptedException {
        worker.say("measure");
        String[] words = lineWith("heap ").split(" ", -1);
        return new Measured(Long.parseLong(words[1]), Long.parseLong(words[3]));
    }

    private long millisUntil(String line, long began) throws InterruptedException {
        String unused = lineWith(line);
        return Duration.ofNanos(System.nanoTime() - began).toMillis();
    }

    private String lineWith(String start) throws InterruptedException {
        while (true) {
            String line = lines.take();
            if (line.startsWith(start)) {
                return line;
            }
        }
    }

    /** Lets time pass in which the worker goes on; nothing that it tells would say that it is idle. */
    private static void awaitIdle(Duration time) throws InterruptedException {
        boolean unused = new Semaphore(0).tryAcquire(time.toMillis(), TimeUnit.MILLISECONDS);
    }

    private MillraceProcess startWorker(DynamoDbLocal tables, String way, String what) {
        return MillraceProcess.startTest(
                LocalClients.environment(port, tables.port()),
                lines::add,
                "io.millrace.systemtests.process.MeasuredWorker",
                List.of(STREAM, way, what));
    }

    /** Puts so many records of 100 B into each shard. */
    private static void put(KinesisAsyncClient kinesis, int shards, int each) {
        List<HashKeyRange> ranges = HashKeyRange.evenly(shards);
        SdkBytes data = LocalClients.utf8("x".repeat(100));
        List<PutRecordsRequestEntry> entries = new ArrayList<>();
        for (int n = 0; n < shards * each; n++) {
            entries.add(PutRecordsRequestEntry.builder()
                    .partitionKey("key")
                    .explicitHashKey(ranges.get(n % shards).start().toString())
                    .data(data)
                    .build());
            if (entries.size() == 500 || n + 1 == shards * each) {
                List<PutRecordsRequestEntry> batch = List.copyOf(entries);
                assertThat(kinesis.putRecords(
                                        request -> request.streamName(STREAM).records(batch))
                                .join()
                                .failedRecordCount())
                        .isZero();
                entries.clear();
            }
        }
    }

    private static long status(MillraceProcess process, String field) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
                .filter(line -> line.startsWith(field))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }

    private static String load() throws IOException {
        return Files.readString(Path.of("/proc/loadavg")).split(" ", -1)[0];
    }
}
