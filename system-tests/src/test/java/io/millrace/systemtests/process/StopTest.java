package io.millrace.systemtests.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ConsumerStatus;

/** SIGTERM: what is in hand is answered, nothing new is taken, and the end is a good one. */
class StopTest {
    private static final String AUTHORIZATION =
            "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0";

    private final int port = MillraceProcess.freePort();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @TempDir
    Path data;

    @Test
    @Timeout(120)
    void aTerminatedServerAnswersWhatIsInHandAndEndsWell() throws Exception {
        // The record is stored at once, but its answer is held back for longer than the signal takes.
        try (MillraceProcess server = start(":" + port, "--faults", "PutRecord:latency=6s")) {
            try (KinesisAsyncClient kinesis = LocalClients.kinesisWithoutRetries(port)) {
                LocalClients.createStream(kinesis, "s", 1);
            }
            CompletableFuture<HttpResponse<String>> put = client.sendAsync(
                    request("PutRecord", "{\"StreamName\":\"s\",\"PartitionKey\":\"k\",\"Data\":\"AQID\"}"),
                    HttpResponse.BodyHandlers.ofString());
            awaitMetric("millrace_server_incoming_records_total{stream=\"s\"} 1.0");
            assertThat(put).isNotDone();

            server.terminate();
            HttpResponse<String> answer = put.get(30, TimeUnit.SECONDS);
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).contains("SequenceNumber");
            assertThat(answer.headers().firstValue("connection")).hasValue("close");
            assertThat(server.exitCode()).as("%s", server).isZero();
            assertThatThrownBy(this::health).isInstanceOf(ConnectException.class);
        }

        try (MillraceProcess again = start(":" + port)) {
            assertThat(again.isAlive()).isTrue();
            assertThat(health()).isEqualTo("{\"status\":\"ok\",\"reasons\":[]}");
            try (KinesisAsyncClient kinesis = LocalClients.kinesisWithoutRetries(port)) {
                assertThat(LocalClients.readAll(kinesis, "s").get(0)).hasSize(1);
            }
        }
    }

    /** A pipe lasts five minutes and a heartbeat comes every four seconds: only the signal can end these. */
    @Test
    @Timeout(120)
    void aTerminatedServerEndsOpenPipesCleanlyAndEndsWell() throws Exception {
        try (MillraceProcess server = start(":" + port)) {
            List<String> consumers = new ArrayList<>();
            try (KinesisAsyncClient kinesis = LocalClients.kinesisWithoutRetries(port)) {
                LocalClients.createStream(kinesis, "s", 1);
                for (int i = 0; i < 5; i++) {
                    consumers.add(activeConsumer(kinesis, "app" + i));
                }
            }
            HttpClient multiplexing =
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
            List<Pipe> pipes = new ArrayList<>();
            for (String consumer : consumers) {
                Pipe pipe = Pipe.open(
                        pipes.size() < 2 ? client : multiplexing,
                        request(
                                "SubscribeToShard",
                                "{\"ConsumerARN\":\"" + consumer + "\",\"ShardId\":\"shardId-000000000000\","
                                        + "\"StartingPosition\":{\"Type\":\"LATEST\"}}"));
                pipe.opened().get(30, TimeUnit.SECONDS);
                pipes.add(pipe);
            }

            server.terminate();
            List<HttpClient.Version> versions = new ArrayList<>();
            for (Pipe pipe : pipes) {
                // Throws if the stream is reset, or the connection closed before the last chunk.
                versions.add(pipe.ended().get(30, TimeUnit.SECONDS).version());
            }
            assertThat(versions).contains(HttpClient.Version.values());
            assertThat(server.exitCode()).as("%s", server).isZero();
        }
    }

    private static String activeConsumer(KinesisAsyncClient kinesis, String name) {
        String stream = kinesis.describeStreamSummary(b -> b.streamName("s"))
                .join()
                .streamDescriptionSummary()
                .streamARN();
        String arn = kinesis.registerStreamConsumer(b -> b.streamARN(stream).consumerName(name))
                .join()
                .consumer()
                .consumerARN();
        Waiting.until(() -> kinesis.describeStreamConsumer(b -> b.consumerARN(arn))
                        .join()
                        .consumerDescription()
                        .consumerStatus()
                == ConsumerStatus.ACTIVE);
        return arn;
    }

    /** The tests' own log settings send it to standard output, where readiness is waited for. */
    @Test
    @Timeout(60)
    void aServerOnWhichFaultsAreOnSaysSoInJsonIfAsked() {
        try (MillraceProcess server = start(
                "\"formattedMessage\":\"Faults are on", "--faults", "throttle=0.5,seed=7", "--log-format", "json")) {
            assertThat(server.isAlive()).isTrue();
        }
    }

    private MillraceProcess start(String ready, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "server", "--port", Integer.toString(port), "--dynamodb-port", "off", "--data", data.toString()));
        arguments.addAll(Arrays.asList(more));
        return MillraceProcess.startAndAwait(Map.of(), ready, arguments);
    }

    private void awaitMetric(String line) {
        Waiting.until(() -> get("/metrics").contains(line));
    }

    private String health() throws IOException, InterruptedException {
        return get("/health");
    }

    private String get(String path) throws IOException, InterruptedException {
        return client.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private HttpRequest request(String operation, String body) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port))
                .header("Content-Type", "application/x-amz-json-1.1")
                .header("X-Amz-Target", "Kinesis_20131202." + operation)
                .header("X-Amz-Date", "20260101T000000Z")
                .header("Authorization", AUTHORIZATION)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    /**
     * A pipe that is read all the time: the JDK's client forgets what it has received and nobody read when the
     * connection ends.
     *
     * @param opened when its first event has come
     * @param ended when its body is whole
     */
    private record Pipe(CompletableFuture<Void> opened, CompletableFuture<HttpResponse<Void>> ended) {
        static Pipe open(HttpClient via, HttpRequest request) {
            CompletableFuture<Void> opened = new CompletableFuture<>();
            return new Pipe(
                    opened,
                    via.sendAsync(
                            request, HttpResponse.BodyHandlers.ofByteArrayConsumer(part -> opened.complete(null))));
        }
    }
}
