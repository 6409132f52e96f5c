package io.millrace.streamcore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streamcore.log.disk.BreakableDisk;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** Servers of one folder on a disk that a test breaks and mends, and calls of them as they go over the wire. */
final class BreakableServers {
    static final String WELL = "200 {\"status\":\"ok\",\"reasons\":[]}";

    final BreakableDisk disk = new BreakableDisk();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final CompletableFuture<Void> allRecovered = new CompletableFuture<>();
    private final Path folder;

    BreakableServers(Path folder) {
        this.folder = folder;
    }

    StreamServer start() {
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

    /** Mends the disk, and waits until no log has failed any more. */
    void mend() throws Exception {
        disk.mend();
        allRecovered.get(30, TimeUnit.SECONDS);
    }

    int createStream(StreamServer server, String name) throws Exception {
        return send(server, "CreateStream", creation(name)).statusCode();
    }

    int put(StreamServer server, String data) throws Exception {
        return send(server, "PutRecord", record(data)).statusCode();
    }

    /** Both kinds of writes say that they were not stored. */
    void assertThatNothingIsStored(StreamServer server) throws Exception {
        assertThat(send(server, "PutRecord", record("refused")).body())
                .isEqualTo("{\"__type\":\"InternalFailure\","
                        + "\"message\":\"The records could not be stored; try again.\"}");
        assertThat(send(server, "CreateStream", creation("more")).body())
                .isEqualTo("{\"__type\":\"InternalFailure\","
                        + "\"message\":\"The change could not be stored; try again.\"}");
    }

    /** The data of the records that are there. */
    List<String> records(StreamServer server) throws Exception {
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

    /** Status and text of a page. */
    String get(StreamServer server, String path) throws IOException, InterruptedException {
        HttpResponse<String> answer = client.send(
                HttpRequest.newBuilder(URI.create(server.endpoint() + path)).build(),
                HttpResponse.BodyHandlers.ofString());
        return answer.statusCode() + " " + answer.body();
    }

    HttpResponse<String> send(StreamServer server, String operation, String body) throws Exception {
        return send(server, operation, body, HttpResponse.BodyHandlers.ofString());
    }

    /** A call; apostrophes stand for quotation marks. */
    <T> HttpResponse<T> send(StreamServer server, String operation, String body, HttpResponse.BodyHandler<T> form)
            throws Exception {
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
                form);
    }

    static String value(HttpResponse<String> answer, String member) {
        return answer.body().replaceAll(".*\"" + member + "\":\"([^\"]*)\".*", "$1");
    }

    static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
    }

    private static String creation(String name) {
        return "{'StreamName': '" + name + "', 'ShardCount': 1}";
    }

    private static String record(String data) {
        return "{'StreamName': 'orders', 'PartitionKey': 'k', 'Data': '" + base64(data) + "'}";
    }
}
