package io.millrace.systemtests.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** A server of 256 MB under an attack on its memory by somebody without a key, while three clients with keys put. */
@Tag("slow")
class MemoryAttackTest {
    private static final String STREAM = "attacked";
    private static final String KEY = "producer";
    private static final String SECRET = "a-secret-of-more-than-16-characters";
    private static final int CLIENTS = 3;
    private static final int PUTS = 1_000;
    private static final int ROUNDS = 3;
    private static final int MOST_SECONDS = 60;
    private static final SdkBytes RECORD = SdkBytes.fromByteArray(new byte[1_000]);
    private static final Pattern HELD = Pattern.compile("(?m)^millrace_server_request_bytes (\\S+)$");

    private final int port = MillraceProcess.freePort();
    /** Of HTTP/1.1: a stream of HTTP/2 would be seen to hold something itself. */
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @TempDir
    Path folder;

    @Test
    @Timeout(180)
    void thoseWithAKeyPutOnAtHalfTheirRateAtLeastAndAreRefusedNothing(TestReporter reporter) throws Exception {
        try (MillraceProcess server = start()) {
            List<KinesisAsyncClient> clients = IntStream.range(0, CLIENTS)
                    .mapToObj(client -> LocalClients.kinesis(port, 1, AwsBasicCredentials.create(KEY, SECRET)))
                    .toList();
            LocalClients.createStream(clients.get(0), STREAM, CLIENTS);
            rate(clients);
            double undisturbed = rate(clients);
            reporter.publishEntry("puts a second, undisturbed", Math.round(undisturbed) + "");
            List<Double> attacked = new ArrayList<>();
            String sent;
            try (MemoryAttack attack = MemoryAttack.begin(port, KEY).awaitBegun()) {
                for (int round = 0; round < ROUNDS; round++) {
                    attacked.add(rate(clients));
                }
                sent = attack.told();
            }
            double after = rate(clients);
            reporter.publishEntry(
                    "attacked",
                    attacked.stream().map(Math::round).toList() + ", afterwards " + Math.round(after)
                            + "; connections filled: " + sent);

            // Before and after: what else the machine does changes over a minute.
            assertThat(mean(attacked)).isGreaterThan(mean(List.of(undisturbed, after)) / 2);
            assertThat(page("/health")).isEqualTo("{\"status\":\"ok\",\"reasons\":[]}");
            assertThat(server.errorLines()).noneMatch(line -> line.contains("WARN") || line.contains("ERROR"));
            Waiting.until(() -> held() == 0);
            clients.forEach(KinesisAsyncClient::close);
        }
    }

    private static double mean(List<Double> rates) {
        return rates.stream().mapToDouble(rate -> rate).average().orElseThrow();
    }

    private MillraceProcess start() throws IOException {
        Path keys = Files.writeString(folder.resolve("keys.json"), """
                {"keys": [{"accessKeyId": "%s", "secretAccessKey": "%s",
                           "allow": [{"actions": ["kinesis:*"], "streams": ["*"]}]}]}
                """.formatted(KEY, SECRET));
        Files.setPosixFilePermissions(keys, PosixFilePermissions.fromString("rw-------"));
        return MillraceProcess.startWithHeap(
                "256m",
                ":" + port,
                List.of(
                        "server",
                        "--port",
                        Integer.toString(port),
                        "--tls-port",
                        Integer.toString(MillraceProcess.freePort()),
                        "--dynamodb-port",
                        "off",
                        "--data",
                        folder.resolve("data").toString(),
                        "--credentials",
                        keys.toString()));
    }

    /** Puts a second of all clients together, each of which waits for an answer before it puts again. */
    private static double rate(List<KinesisAsyncClient> clients) {
        long begun = System.nanoTime();
        List<CompletableFuture<Void>> done = new ArrayList<>();
        AtomicInteger puts = new AtomicInteger();
        for (KinesisAsyncClient client : clients) {
            CompletableFuture<Void> finished = new CompletableFuture<>();
            done.add(finished);
            put(client, PUTS, puts, finished);
        }
        try {
            CompletableFuture.allOf(done.toArray(new CompletableFuture<?>[0]))
                    .orTimeout(MOST_SECONDS, TimeUnit.SECONDS)
                    .join();
        } catch (CompletionException refused) {
            long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun);
            throw new AssertionError(puts + " puts in " + seconds + " s, then " + refused.getCause(), refused);
        }
        return puts.get() * (double) TimeUnit.SECONDS.toNanos(1) / (System.nanoTime() - begun);
    }

    private static void put(KinesisAsyncClient client, int left, AtomicInteger puts, CompletableFuture<Void> finished) {
        if (left == 0) {
            finished.complete(null);
            return;
        }
        client.putRecord(request ->
                        request.streamName(STREAM).partitionKey("key-" + left).data(RECORD))
                .whenComplete((answer, failure) -> {
                    if (failure == null) {
                        puts.incrementAndGet();
                        put(client, left - 1, puts, finished);
                    } else {
                        finished.completeExceptionally(failure);
                    }
                });
    }

    private double held() throws Exception {
        Matcher found = HELD.matcher(page("/metrics"));
        assertThat(found.find()).as("the gauge").isTrue();
        return Double.parseDouble(found.group(1));
    }

    private String page(String path) throws IOException, InterruptedException {
        return http.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }
}
