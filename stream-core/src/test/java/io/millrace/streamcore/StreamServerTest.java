package io.millrace.streamcore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.streamcore.log.FsyncPolicy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StreamServerTest {
    private static final String AUTHORIZATION =
            "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0";

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @Test
    void streamsAndIteratorsSurviveARestart() throws Exception {
        String iterator;
        try (StreamServer server = settings().start()) {
            call(server, "CreateStream", "{'StreamName': 's', 'ShardCount': 1}");
            iterator = valueOf(
                    "ShardIterator",
                    call(
                            server,
                            "GetShardIterator",
                            "{'StreamName': 's', 'ShardId': '0', 'ShardIteratorType': 'LATEST'}"));
            call(server, "PutRecord", "{'StreamName': 's', 'PartitionKey': 'k', 'Data': 'AQID'}");
        }
        try (StreamServer server = settings().fsync(FsyncPolicy.INTERVAL).start()) {
            assertThat(call(server, "GetRecords", "{'ShardIterator': '" + iterator + "'}"))
                    .contains("\"Data\":\"AQID\",\"PartitionKey\":\"k\"");
        }
    }

    @Test
    void dataFolderIsMadeForItsOwnerAlone() throws Exception {
        assumeTrue(folder.getFileSystem().supportedFileAttributeViews().contains("posix"), "no owners here");
        Path parent = folder.resolve("not");
        Path made = parent.resolve("there");
        settings().dataDirectory(made).start().close();
        for (Path each : List.of(made, parent)) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(each)))
                    .isEqualTo("rwx------");
        }
    }

    @Test
    void anotherServersIteratorIsInvalid() throws Exception {
        String iterator;
        try (StreamServer server =
                settings().dataDirectory(folder.resolve("one")).start()) {
            call(server, "CreateStream", "{'StreamName': 's', 'ShardCount': 1}");
            iterator = valueOf(
                    "ShardIterator",
                    call(
                            server,
                            "GetShardIterator",
                            "{'StreamName': 's', 'ShardId': '0', 'ShardIteratorType': 'LATEST'}"));
        }
        try (StreamServer server =
                settings().dataDirectory(folder.resolve("two")).start()) {
            call(server, "CreateStream", "{'StreamName': 's', 'ShardCount': 1}");
            assertThat(call(server, "GetRecords", "{'ShardIterator': '" + iterator + "'}"))
                    .isEqualTo("{\"__type\":\"InvalidArgumentException\",\"message\":\"Invalid ShardIterator.\"}");
        }
    }

    @Test
    void arnsCarryTheAccountGivenAndTheRegionOfTheRequest() throws Exception {
        try (StreamServer server =
                settings().account("eu-west-1", "123456789012").start()) {
            call(server, "CreateStream", "{'StreamName': 's', 'ShardCount': 1}");
            String arn = "arn:aws:kinesis:us-east-1:123456789012:stream/s";
            assertThat(call(server, "DescribeStreamSummary", "{'StreamARN': '" + arn + "'}"))
                    .contains("\"StreamARN\":\"" + arn + "\"");
        }
    }

    @Test
    void aServerWithoutAFolderLeavesNothingBehind() throws Exception {
        DataFolder kept = DataFolder.of(Optional.empty());
        Files.createDirectories(kept.path().resolve("a/b"));
        Files.writeString(kept.path().resolve("a/b/c"), "x");
        kept.close();
        assertThat(kept.path()).doesNotExist();

        try (StreamServer server = StreamServer.builder().port(0).start()) {
            assertThat(call(server, "ListStreams", "{}")).contains("\"HasMoreStreams\":false");
        }
    }

    @Test
    void closingAgainDoesNothing() {
        StreamServer server = settings().start();
        server.close();
        server.close();
    }

    @Test
    void aPortInUseIsOneClearLineAndLeavesTheFolderFree() {
        try (StreamServer server = settings().start()) {
            int port = server.endpoint().getPort();
            Path other = folder.resolve("other");
            assertThatThrownBy(() -> settings().dataDirectory(other).port(port).start())
                    .isInstanceOf(StreamServerException.class)
                    .hasMessageContaining("Cannot listen on port " + port)
                    .hasMessageNotContaining("\n");
            settings().dataDirectory(other).start().close();
        }
    }

    @Test
    void aFolderInUseIsOneClearLine() {
        StreamServer server = settings().start();
        try (server) {
            assertThatThrownBy(() -> settings().start())
                    .isInstanceOf(StreamServerException.class)
                    .hasMessageContaining("in use")
                    .hasMessageNotContaining("\n");
        }
    }

    @Test
    void aFolderThatIsAFileIsOneClearLine() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "x");
        assertThatThrownBy(() -> settings().dataDirectory(file).start())
                .isInstanceOf(StreamServerException.class)
                .hasMessageContaining(file.toString());
    }

    @Test
    void otherHostsAreServedOnlyWhenAskedFor() {
        assertThatThrownBy(() -> settings().host("0.0.0.0").start())
                .isInstanceOf(StreamServerException.class)
                .hasMessageStartingWith("Refusing to listen on 0.0.0.0");
        settings().host("::1").start().close();
    }

    @Test
    void missingCertificatesAreNamed() {
        Path missing = folder.resolve("missing.pem");
        assertThatThrownBy(() -> settings().tlsFiles(missing, missing).start())
                .isInstanceOf(StreamServerException.class)
                .hasMessageContaining(missing.toString());
    }

    @Test
    void healthIsAnsweredToAnyone() throws Exception {
        try (StreamServer server = settings().start()) {
            URI health = server.endpoint().resolve("/health");
            assertThat(client.send(HttpRequest.newBuilder(health).build(), HttpResponse.BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    private StreamServer.Builder settings() {
        return StreamServer.builder().port(0).dataDirectory(folder).transitionTime(Duration.ZERO);
    }

    private String call(StreamServer server, String operation, String json) throws Exception {
        return client.send(
                        HttpRequest.newBuilder(server.endpoint())
                                .header("Content-Type", "application/x-amz-json-1.1")
                                .header("X-Amz-Target", "Kinesis_20131202." + operation)
                                .header("X-Amz-Date", "20260101T000000Z")
                                .header("Authorization", AUTHORIZATION)
                                .POST(HttpRequest.BodyPublishers.ofString(json.replace('\'', '"')))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private static String valueOf(String member, String json) {
        Matcher matcher = Pattern.compile("\"" + member + "\":\"([^\"]*)\"").matcher(json);
        assertThat(matcher.find()).as("%s in %s", member, json).isTrue();
        return matcher.group(1);
    }
}
