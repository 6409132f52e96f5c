package io.millrace.streamcore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Gauge;
import io.millrace.model.ShardId;
import io.millrace.streamcore.api.push.PushSettings;
import io.millrace.streamcore.log.FsyncPolicy;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many pipes on one HTTP/2 connection, by a client that holds each stream's window in its own hands. */
@Timeout(600)
class PipesOnOneConnectionTest {
    private static final String STREAM = "wide";
    private static final PushSettings QUICK_TAKE_OVER =
            new PushSettings(Duration.ofMinutes(5), Duration.ofSeconds(4), Duration.ZERO, 2000, 768 << 10);
    /** An event of 768 KiB in base64 and its JSON, and what Netty lets wait beyond it. */
    private static final long PIPE_BOUND = 1_600_000;

    private static final int RECORD = 250_000;

    /** So many megabytes are more than stay in memory: whoever reads last reads from the disk. */
    private static final int PAST_THE_CACHE = 72;

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @SuppressWarnings("NullAway.Init") // set first thing in each test
    private StreamServer server;

    @SuppressWarnings("NullAway.Init") // set first thing in each test
    private Http2Client client;

    private void start(PushSettings push, int shards) throws Exception {
        server = StreamServer.builder()
                .port(0)
                .dataDirectory(folder)
                .fsync(FsyncPolicy.NEVER)
                .transitionTime(Duration.ZERO)
                .push(push)
                .start();
        client = new Http2Client(server.endpoint());
        call("CreateStream", "{\"StreamName\":\"" + STREAM + "\",\"ShardCount\":" + shards + "}");
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void twoHundredPipesShareOneConnectionAndGetEverythingInOrder() throws Exception {
        start(PushSettings.DEFAULTS, 20);
        List<Http2Pipe> pipes = subscribeAll(10, 20);
        assertThat(gauge("connections")).isOne();
        assertThat(openPipes()).isEqualTo(200);
        int perShard = 100;
        for (int i = 0; i < perShard; i++) {
            List<String> entries = new ArrayList<>();
            for (int shard = 0; shard < 20; shard++) {
                entries.add(entry(shard, 20, shard + "/" + i));
            }
            put(entries);
        }
        for (int at = 0; at < pipes.size(); at++) {
            for (int i = 0; i < perShard; i++) {
                assertThat(pipes.get(at).next()).as("pipe %s", at).isEqualTo(at % 20 + "/" + i);
            }
        }
        assertThat(gauge("connections")).isOne();
    }

    @Test
    void aStalledStreamHarmsNoOtherOfItsConnection() throws Exception {
        putBesideAStalledStream(PAST_THE_CACHE, 2);
    }

    @Test
    @Tag("slow")
    void aStalledStreamHarmsNoOtherOfItsConnectionWhileAGigabyteIsPut() throws Exception {
        putBesideAStalledStream(1000, 5);
    }

    private void putBesideAStalledStream(int megabytes, int healthy) throws Exception {
        start(PushSettings.DEFAULTS, 1);
        List<Http2Pipe> pipes = subscribeAll(healthy + 1, 1);
        Http2Pipe stalled = pipes.remove(healthy).stall();
        String padding = " " + "x".repeat(RECORD);
        long most = 0;
        for (int megabyte = 0; megabyte < megabytes; megabyte++) {
            List<String> entries = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                entries.add(entry(0, 1, megabyte * 4 + i + padding));
            }
            put(entries);
            for (int i = 0; i < 4; i++) {
                for (Http2Pipe pipe : pipes) {
                    assertThat(pipe.next()).isEqualTo(String.valueOf(megabyte * 4 + i));
                }
                most = Math.max(most, gauge("pushed.waiting.bytes"));
            }
        }
        assertThat(gauge("connections")).isOne();
        assertThat(most).isBetween(1L, (healthy + 1) * PIPE_BOUND);
        // The others have everything; what waits now is the stalled one's.
        await("little waits", () -> gauge("pushed.waiting.bytes") < PIPE_BOUND);
        if (megabytes == PAST_THE_CACHE) {
            // After a minute without a byte taken it would have been cut, and rightly.
            assertThat(gauge("pushed.waiting.bytes")).isPositive();
            stalled.goOn();
            for (int i = 0; i < megabytes * 4; i++) {
                assertThat(stalled.next()).isEqualTo(String.valueOf(i));
            }
            await("nothing waits", () -> gauge("pushed.waiting.bytes") == 0);
        }
    }

    @Test
    void pipesThatAreResetInAnyMomentLeaveNothingBehind() throws Exception {
        start(QUICK_TAKE_OVER, 4);
        long seed = Long.getLong("seed", 1);
        SplittableRandom random = new SplittableRandom(seed);
        List<String> consumers = register(5);
        for (int round = 0; round < 1000; round++) {
            Http2Pipe pipe = client.subscribe(
                    consumers.get(random.nextInt(5)),
                    shard(random.nextInt(4)),
                    random.nextBoolean() ? "LATEST" : "TRIM_HORIZON");
            switch (random.nextInt(4)) {
                case 0 -> pipe.reset();
                case 1 -> {
                    pipe.started().handle((ok, error) -> 0).get(20, TimeUnit.SECONDS);
                    pipe.reset();
                }
                case 2 -> {
                    put(List.of(entry(random.nextInt(4), 4, "round" + round)));
                    pipe.reset();
                }
                default -> {
                    pipe.stall();
                    put(List.of(entry(random.nextInt(4), 4, "round" + round)));
                    pipe.reset();
                }
            }
        }
        await("no pipe is left, seed " + seed, () -> openPipes() == 0);
        assertThat(gauge("pushed.waiting.bytes")).isZero();
        assertThat(gauge("connections")).isOne();
    }

    @Test
    void twoThousandPipesOnOneConnectionAllBeat() throws Exception {
        start(
                new PushSettings(Duration.ofMinutes(5), Duration.ofSeconds(1), Duration.ofSeconds(5), 2000, 1 << 20),
                100);
        List<Http2Pipe> pipes = subscribeAll(20, 100);
        assertThat(gauge("connections")).isOne();
        assertThat(openPipes()).isEqualTo(2000);
        await("three beats each", () -> pipes.stream().allMatch(pipe -> pipe.events() >= 4));
        put(IntStream.range(0, 100)
                .mapToObj(shard -> entry(shard, 100, "s" + shard))
                .toList());
        for (int at = 0; at < pipes.size(); at++) {
            assertThat(pipes.get(at).next()).isEqualTo("s" + at % 100);
        }
    }

    @Test
    void aClosingServerEndsAllPipesOfAConnectionWithoutReset() throws Exception {
        start(PushSettings.DEFAULTS, 20);
        List<Http2Pipe> pipes = subscribeAll(10, 20);
        server.close();
        for (Http2Pipe pipe : pipes) {
            assertThat(pipe.ended().get(20, TimeUnit.SECONDS)).isEqualTo("end of stream");
        }
    }

    /** Consumers times shards: pipe {@code i} reads shard {@code i % shards}. */
    private List<Http2Pipe> subscribeAll(int consumers, int shards) throws Exception {
        List<Http2Pipe> pipes = new ArrayList<>();
        for (String consumer : register(consumers)) {
            for (int shard = 0; shard < shards; shard++) {
                pipes.add(client.subscribe(consumer, shard(shard), "LATEST"));
            }
        }
        for (Http2Pipe pipe : pipes) {
            pipe.started().get(60, TimeUnit.SECONDS);
        }
        return pipes;
    }

    private List<String> register(int count) throws Exception {
        List<String> arns = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String answer = call(
                    "RegisterStreamConsumer",
                    "{\"StreamARN\":\"arn:aws:kinesis:us-east-1:000000000000:stream/%s\",\"ConsumerName\":\"app%s\"}"
                            .formatted(STREAM, i));
            arns.add(answer.replaceAll("(?s).*\"ConsumerARN\":\"([^\"]*)\".*", "$1"));
        }
        return arns;
    }

    private void put(List<String> entries) throws Exception {
        String answer = call(
                "PutRecords", "{\"StreamName\":\"" + STREAM + "\",\"Records\":[" + String.join(",", entries) + "]}");
        assertThat(answer).contains("\"FailedRecordCount\":0");
    }

    /** A record for one of {@code shards} even shards. */
    private static String entry(int shard, int shards, String text) {
        BigInteger all = BigInteger.ONE.shiftLeft(128);
        BigInteger hash = all.multiply(BigInteger.valueOf(2L * shard + 1)).divide(BigInteger.valueOf(2L * shards));
        return "{\"PartitionKey\":\"k\",\"ExplicitHashKey\":\"" + hash + "\",\"Data\":\""
                + Base64.getEncoder().encodeToString(text.getBytes(UTF_8)) + "\"}";
    }

    private static String shard(int index) {
        return ShardId.of(index).value();
    }

    private String call(String operation, String json) throws Exception {
        CompletableFuture<String> answer = client.call(operation, json);
        return answer.get(60, TimeUnit.SECONDS);
    }

    private long gauge(String name) {
        return (long) server.metrics().get("millrace.server." + name).gauge().value();
    }

    private long openPipes() {
        return (long) server.metrics().find("millrace.server.pipes").gauges().stream()
                .mapToDouble(Gauge::value)
                .sum();
    }

    /** Looks now and then; the test's own time limit ends it. */
    private static void await(String what, BooleanSupplier isSo) throws InterruptedException {
        long begun = System.nanoTime();
        Semaphore never = new Semaphore(0);
        while (!isSo.getAsBoolean()) {
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).as(what).isLessThan(Duration.ofSeconds(60));
            // To look without a pause would take the processor from what is waited for.
            never.tryAcquire(5, TimeUnit.MILLISECONDS);
        }
    }
}
