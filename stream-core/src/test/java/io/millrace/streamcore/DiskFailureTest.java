package io.millrace.streamcore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streamcore.log.disk.BreakableDisk;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole server whose disk fails while it serves, as clients and operators see it. */
class DiskFailureTest {
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final BreakableDisk disk = new BreakableDisk();
    private final CompletableFuture<Void> allRecovered = new CompletableFuture<>();

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @Test
    void healthTurnsBadWhenTheDiskFailsAndGoodWhenItIsWellAgain() throws Exception {
        try (StreamServer server = start()) {
            assertThat(call(server, "CreateStream", "{'StreamName': 'orders', 'ShardCount': 1}"))
                    .isEqualTo(200);
            assertThat(put(server, "before")).isEqualTo(200);
            assertThat(get(server, "/health")).isEqualTo("200 {\"status\":\"ok\",\"reasons\":[]}");

            disk.breakDown();
            assertThat(put(server, "refused")).isEqualTo(500);
            assertThat(send(
                                    server,
                                    "PutRecord",
                                    "{'StreamName': 'orders', 'PartitionKey': 'k', 'Data': '" + base64("refused")
                                            + "'}")
                            .body())
                    .isEqualTo("{\"__type\":\"InternalFailure\","
                            + "\"message\":\"The records could not be stored; try again.\"}");
            assertThat(send(server, "CreateStream", "{'StreamName': 'more', 'ShardCount': 1}")
                            .body())
                    .isEqualTo("{\"__type\":\"InternalFailure\","
                            + "\"message\":\"The change could not be stored; try again.\"}");
            assertThat(get(server, "/health"))
                    .startsWith("503 {\"status\":\"failed\",\"reasons\":[\"the log ")
                    .containsPattern("the log orders@\\d+ takes no more writes: writing to \\S+ failed \\(")
                    .containsPattern("the log catalog takes no more writes: writing to \\S+ failed \\(");
            assertThat(get(server, "/metrics")).contains("\nmillrace_server_logs_failed 2.0");
            assertThat(records(server)).containsExactly("before");

            disk.mend();
            allRecovered.get(30, TimeUnit.SECONDS);
            assertThat(get(server, "/health")).isEqualTo("200 {\"status\":\"ok\",\"reasons\":[]}");
            assertThat(get(server, "/metrics")).contains("\nmillrace_server_logs_failed 0.0");
            assertThat(put(server, "after")).isEqualTo(200);
            assertThat(records(server)).containsExactly("before", "after");
        }
        assertThat(Files.readAllLines(folder.resolve("audit-refused.log")))
                .anyMatch(line -> line.contains("\"operation\":\"PutRecord\",\"stream\":\"orders\",\"status\":500,"
                        + "\"outcome\":\"InternalFailure"))
                .anyMatch(line -> line.contains("\"operation\":\"CreateStream\",\"stream\":\"more\",\"status\":500"))
                .noneMatch(line -> line.contains(base64("refused")));
        try (StreamServer server =
                StreamServer.builder().port(0).dataDirectory(folder).start()) {
            assertThat(records(server)).containsExactly("before", "after");
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
        return call(
                server, "PutRecord", "{'StreamName': 'orders', 'PartitionKey': 'k', 'Data': '" + base64(data) + "'}");
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
    }

    private List<String> records(StreamServer server) throws Exception {
        String iterator = send(
                        server,
                        "GetShardIterator",
                        "{'StreamName': 'orders', 'ShardId': '0', 'ShardIteratorType': 'TRIM_HORIZON'}")
                .body()
                .replaceAll(".*:\"([^\"]*)\".*", "$1");
        String answer = send(server, "GetRecords", "{'ShardIterator': '" + iterator + "'}")
                .body();
        return Pattern.compile("\"Data\":\"([^\"]*)\"")
                .matcher(answer)
                .results()
                .map(found -> new String(Base64.getDecoder().decode(found.group(1)), UTF_8))
                .toList();
    }

    private String get(StreamServer server, String path) throws IOException, InterruptedException {
        HttpResponse<String> answer = client.send(
                HttpRequest.newBuilder(URI.create(server.endpoint() + path)).build(),
                HttpResponse.BodyHandlers.ofString());
        return answer.statusCode() + " " + answer.body();
    }

    private int call(StreamServer server, String operation, String body) throws Exception {
        return send(server, operation, body).statusCode();
    }

    private HttpResponse<String> send(StreamServer server, String operation, String body) throws Exception {
        return client.send(
                HttpRequest.newBuilder(server.endpoint())
                        .header("Content-Type", "application/x-amz-json-1.1")
                        .header("X-Amz-Target", "Kinesis_20131202." + operation)
                        .header("X-Amz-Date", "20260101T000000Z")
                        .header(
                                "Authorization",
                                "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/kinesis/aws4_request,"
                                        + " SignedHeaders=host, Signature=0")
                        .POST(HttpRequest.BodyPublishers.ofString(body.replace('\'', '"')))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
