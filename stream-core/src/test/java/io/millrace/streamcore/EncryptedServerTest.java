package io.millrace.streamcore;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Encryption at rest as clients and operators meet it, on a whole server. */
final class EncryptedServerTest {
    private static final String SECRET = "the rain in spain";

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @Test
    void aStreamIsEncryptedByTheUsualCallAndReadBackAfterARestart() throws Exception {
        Path data = folder.resolve("data");
        try (StreamServer server = settings(data).start()) {
            call(server, "CreateStream", "{'StreamName': 's', 'ShardCount': 1}");
            assertThat(data.resolve("encryption.key")).doesNotExist();
            call(
                    server,
                    "StartStreamEncryption",
                    "{'StreamName': 's', 'EncryptionType': 'KMS', 'KeyId': 'alias/aws/kinesis'}");
            put(server);
            assertThat(records(server)).contains(base64());
        }
        assertThat(filesOf(data)).isNotEmpty().noneMatch(content -> content.contains(SECRET));
        Path key = data.resolve("encryption.key");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
                .isEqualTo("rw-------");

        Path elsewhere = Files.move(key, folder.resolve("kept.key"));
        assertThatThrownBy(() -> settings(data).start())
                .isInstanceOf(StreamServerException.class)
                .hasMessageContaining("encryption.key is missing")
                .hasMessageContaining("--encryption-key")
                .hasMessageNotContaining("\n");
        assertThat(key).doesNotExist();
        try (StreamServer server = settings(data).encryptionKey(elsewhere).start()) {
            put(server);
            assertThat(records(server)).contains(base64());
            call(
                    server,
                    "StopStreamEncryption",
                    "{'StreamName': 's', 'EncryptionType': 'KMS', 'KeyId': 'alias/aws/kinesis'}");
            put(server);
        }
        assertThat(filesOf(data)).anyMatch(content -> content.contains(SECRET));
    }

    @Test
    void aStreamThatIsEncryptedStaysSoAfterARestart() throws Exception {
        Path data = folder.resolve("data");
        try (StreamServer server = settings(data).start()) {
            call(server, "CreateStream", "{'StreamName': 's', 'ShardCount': 1}");
            call(server, "StartStreamEncryption", "{'StreamName': 's', 'EncryptionType': 'KMS', 'KeyId': 'k'}");
        }
        try (StreamServer server = settings(data).start()) {
            put(server);
            assertThat(records(server)).contains(base64());
        }
        assertThat(filesOf(data)).noneMatch(content -> content.contains(SECRET));
    }

    /** What is told of a record is what held when it was put, whatever was set, or happened, later. */
    @Test
    void everyRecordTellsHowItWasPut() throws Exception {
        Path data = folder.resolve("data");
        String key = "{'StreamName': 's', 'EncryptionType': 'KMS', 'KeyId': 'alias/aws/kinesis'}";
        try (StreamServer server = settings(data).start()) {
            call(server, "CreateStream", "{'StreamName': 's', 'ShardCount': 1}");
            assertThat(put(server)).doesNotContain("EncryptionType");
            call(server, "StartStreamEncryption", key);
            assertThat(put(server)).contains("'EncryptionType':'KMS'".replace('\'', '"'));
            assertThat(told(records(server))).containsExactly("NONE", "KMS");
            call(server, "StopStreamEncryption", key);
            assertThat(put(server)).doesNotContain("EncryptionType");
            assertThat(told(records(server))).containsExactly("NONE", "KMS", "NONE");
        }
        try (StreamServer server = settings(data).start()) {
            assertThat(told(records(server))).containsExactly("NONE", "KMS", "NONE");
            assertThat(told(pushed(server))).containsExactly("NONE", "KMS", "NONE");
        }
    }

    /** Of each record in an answer; the service leaves the member out where there is no encryption. */
    private static List<String> told(String answer) {
        return Pattern.compile("\\{\"SequenceNumber\"[^}]*}")
                .matcher(answer)
                .results()
                .map(record -> record.group().contains("\"EncryptionType\":\"KMS\"") ? "KMS" : "NONE")
                .toList();
    }

    /** The first event with records of a subscription from the beginning. */
    private String pushed(StreamServer server) throws Exception {
        String arn = "arn:aws:kinesis:us-east-1:000000000000:stream/s";
        String answer = call(server, "RegisterStreamConsumer", "{'StreamARN': '" + arn + "', 'ConsumerName': 'c'}");
        String consumer = answer.replaceAll(".*\"ConsumerARN\":\"([^\"]*)\".*", "$1");
        String body = "{'ConsumerARN': '" + consumer + "', 'ShardId': 'shardId-000000000000',"
                + " 'StartingPosition': {'Type': 'TRIM_HORIZON'}}";
        HttpResponse<InputStream> response =
                client.send(request(server, "SubscribeToShard", body), HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream events = response.body()) {
            StringBuilder seen = new StringBuilder();
            while (seen.indexOf("]") < 0) {
                int next = events.read();
                assertThat(next).as("the pipe ended after %s", seen).isNotNegative();
                seen.append((char) next);
            }
            return seen.toString();
        }
    }

    private static StreamServer.Builder settings(Path data) {
        return StreamServer.builder().port(0).dataDirectory(data).transitionTime(Duration.ZERO);
    }

    private String put(StreamServer server) throws Exception {
        return call(server, "PutRecord", "{'StreamName': 's', 'PartitionKey': 'k', 'Data': '" + base64() + "'}");
    }

    private String records(StreamServer server) throws Exception {
        String answer = call(
                server,
                "GetShardIterator",
                "{'StreamName': 's', 'ShardId': 'shardId-000000000000', 'ShardIteratorType': 'TRIM_HORIZON'}");
        String iterator = answer.substring(answer.indexOf(':') + 2, answer.lastIndexOf('"'));
        return call(server, "GetRecords", "{'ShardIterator': '" + iterator + "'}");
    }

    private static String base64() {
        return Base64.getEncoder().encodeToString(SECRET.getBytes(ISO_8859_1));
    }

    private static List<String> filesOf(Path data) throws IOException {
        try (Stream<Path> walk = Files.walk(data)) {
            return walk.filter(Files::isRegularFile)
                    .map(EncryptedServerTest::content)
                    .toList();
        }
    }

    private static String content(Path file) {
        try {
            return Files.readString(file, ISO_8859_1);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private String call(StreamServer server, String operation, String body) throws IOException, InterruptedException {
        HttpResponse<String> response =
                client.send(request(server, operation, body), HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response.body();
    }

    private static HttpRequest request(StreamServer server, String operation, String body) {
        return HttpRequest.newBuilder(URI.create(server.endpoint() + "/"))
                .header("Content-Type", "application/x-amz-json-1.1")
                .header("X-Amz-Target", "Kinesis_20131202." + operation)
                .header("X-Amz-Date", "20260101T000000Z")
                .header(
                        "Authorization",
                        "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host,"
                                + " Signature=0")
                .POST(HttpRequest.BodyPublishers.ofString(body.replace('\'', '"')))
                .build();
    }
}
