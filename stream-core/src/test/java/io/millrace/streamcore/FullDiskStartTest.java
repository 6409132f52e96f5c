package io.millrace.streamcore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streamcore.log.disk.BreakableDisk;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server that starts on a full disk serves what is there, says why it takes nothing, and takes it once there is room. */
@Timeout(60)
class FullDiskStartTest {
    private static final String CONSUMER = "arn:aws:kinesis:us-east-1:000000000000:stream/orders";

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final BreakableDisk disk = new BreakableDisk();
    private final CompletableFuture<Void> allRecovered = new CompletableFuture<>();

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @Test
    void aFolderThatWasLeftInGoodOrderIsServed() throws Exception {
        String consumer = fill();
        try (StreamServer server = startOnFullDisk(consumer)) {
            assertThat(put(server, "refused")).isEqualTo(500);
        }
        disk.mend();
        try (StreamServer server = start()) {
            assertThat(records(server)).containsExactly("before");
        }
    }

    /** Work that a crash left half done is done when there is room. */
    @Test
    void aFolderThatACrashLeftIsServed() throws Exception {
        String consumer = fill();
        Files.delete(folder.resolve("clean-stop"));
        Path stream = newestStream();
        Files.delete(stream.resolve("segments"));
        Files.write(stream.resolve("000000000001.log"), new byte[60], StandardOpenOption.APPEND);
        Files.write(folder.resolve("catalog.log"), "torn".getBytes(UTF_8), StandardOpenOption.APPEND);
        try (StreamServer server = startOnFullDisk(consumer)) {
            disk.mend();
            allRecovered.get(30, TimeUnit.SECONDS);
            assertThat(health(server)).isEqualTo("200 {\"status\":\"ok\",\"reasons\":[]}");
            assertThat(put(server, "after")).isEqualTo(200);
            assertThat(call(server, "CreateStream", "{'StreamName': 'more', 'ShardCount': 1}"))
                    .isEqualTo(200);
            assertThat(records(server)).containsExactly("before", "after");
        }
        assertThat(stream.resolve("segments")).exists();
        try (StreamServer server = start()) {
            assertThat(records(server)).containsExactly("before", "after");
        }
    }

    private String fill() throws Exception {
        try (StreamServer server = start()) {
            assertThat(call(server, "CreateStream", "{'StreamName': 'orders', 'ShardCount': 1}"))
                    .isEqualTo(200);
            assertThat(put(server, "before")).isEqualTo(200);
            return value(
                    send(server, "RegisterStreamConsumer", "{'StreamARN': '" + CONSUMER + "', 'ConsumerName': 'app'}"),
                    "ConsumerARN");
        }
    }

    private StreamServer startOnFullDisk(String consumer) throws Exception {
        disk.breakDown();
        StreamServer server = start();
        assertThat(health(server))
                .startsWith(
                        "503 {\"status\":\"failed\",\"reasons\":[\"the log catalog takes no more writes: writing to ")
                .contains("No space left on device");
        assertThat(records(server)).containsExactly("before");
        assertThat(pushed(server, consumer)).contains(base64("before"));
        assertThat(send(server, "PutRecord", record("refused")).body())
                .isEqualTo("{\"__type\":\"InternalFailure\","
                        + "\"message\":\"The records could not be stored; try again.\"}");
        assertThat(send(server, "CreateStream", "{'StreamName': 'more', 'ShardCount': 1}")
                        .body())
                .isEqualTo("{\"__type\":\"InternalFailure\","
                        + "\"message\":\"The change could not be stored; try again.\"}");
        assertThat(health(server)).contains("the log orders@");
        return server;
    }

    private Path newestStream() throws IOException {
        try (Stream<Path> streams = Files.list(folder.resolve("streams"))) {
            return streams.findFirst().orElseThrow();
        }
    }

    private StreamServer start() {
        return StreamServer.builder()
                .port(0)
                .dataDirectory(folder)
                .transitionTime(Duration.ZERO)
                .storage((settings, probe) -> disk.engine(
                        settings.directory(),
                        settings.log(),
                        new RecoveryWatch(probe, () -> allRecovered.complete(null)),
                        settings.platform()))
                .start();
    }

    private int put(StreamServer server, String data) throws Exception {
        return call(server, "PutRecord", record(data));
    }

    private static String record(String data) {
        return "{'StreamName': 'orders', 'PartitionKey': 'k', 'Data': '" + base64(data) + "'}";
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
    }

    private List<String> records(StreamServer server) throws Exception {
        String iterator = value(
                send(
                        server,
                        "GetShardIterator",
                        "{'StreamName': 'orders', 'ShardId': '0', 'ShardIteratorType': 'TRIM_HORIZON'}"),
                "ShardIterator");
        String answer = send(server, "GetRecords", "{'ShardIterator': '" + iterator + "'}")
                .body();
        return Pattern.compile("\"Data\":\"([^\"]*)\"")
                .matcher(answer)
                .results()
                .map(found -> new String(Base64.getDecoder().decode(found.group(1)), UTF_8))
                .toList();
    }

    /** The bytes of a pipe up to the first record. */
    private String pushed(StreamServer server, String consumer) throws Exception {
        HttpResponse<InputStream> answer = client.send(
                request(
                        server,
                        "SubscribeToShard",
                        "{'ConsumerARN': '" + consumer
                                + "', 'ShardId': '0', 'StartingPosition': {'Type': 'TRIM_HORIZON'}}"),
                HttpResponse.BodyHandlers.ofInputStream());
        StringBuilder text = new StringBuilder();
        try (InputStream body = answer.body()) {
            while (!text.toString().contains("\"Data\":\"" + base64("before"))) {
                int next = body.read();
                assertThat(next).isNotNegative();
                text.append((char) next);
            }
        }
        return text.toString();
    }

    private static String value(HttpResponse<String> answer, String member) {
        return answer.body().replaceAll(".*\"" + member + "\":\"([^\"]*)\".*", "$1");
    }

    private String health(StreamServer server) throws IOException, InterruptedException {
        HttpResponse<String> answer = client.send(
                HttpRequest.newBuilder(URI.create(server.endpoint() + "/health"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        return answer.statusCode() + " " + answer.body();
    }

    private int call(StreamServer server, String operation, String body) throws Exception {
        return send(server, operation, body).statusCode();
    }

    private HttpResponse<String> send(StreamServer server, String operation, String body) throws Exception {
        return client.send(request(server, operation, body), HttpResponse.BodyHandlers.ofString());
    }

    private static HttpRequest request(StreamServer server, String operation, String body) {
        return HttpRequest.newBuilder(server.endpoint())
                .header("Content-Type", "application/x-amz-json-1.1")
                .header("X-Amz-Target", "Kinesis_20131202." + operation)
                .header("X-Amz-Date", "20260101T000000Z")
                .header(
                        "Authorization",
                        "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/kinesis/aws4_request,"
                                + " SignedHeaders=host, Signature=0")
                .POST(HttpRequest.BodyPublishers.ofString(body.replace('\'', '"')))
                .build();
    }
}
