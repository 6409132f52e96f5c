package io.millrace.streamcore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server that starts on a full disk serves what is there, says why it takes nothing, and takes it once there is room. */
@Timeout(60)
class FullDiskStartTest {
    private static final String STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/orders";

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @SuppressWarnings("NullAway.Init") // before each test
    private BreakableServers servers;

    @SuppressWarnings("NullAway.Init") // before each test
    private String consumer;

    @BeforeEach
    void fill() throws Exception {
        servers = new BreakableServers(folder);
        try (StreamServer server = servers.start()) {
            assertThat(servers.createStream(server, "orders")).isEqualTo(200);
            assertThat(servers.put(server, "before")).isEqualTo(200);
            consumer = BreakableServers.value(
                    servers.send(
                            server, "RegisterStreamConsumer", "{'StreamARN': '" + STREAM + "', 'ConsumerName': 'app'}"),
                    "ConsumerARN");
        }
    }

    @Test
    void aFolderThatWasLeftInGoodOrderIsServed() throws Exception {
        try (StreamServer server = startOnFullDisk()) {
            assertThat(servers.put(server, "refused")).isEqualTo(500);
        }
        servers.disk.mend();
        try (StreamServer server = servers.start()) {
            assertThat(servers.records(server)).containsExactly("before");
        }
    }

    /** Work that a crash left half done is done when there is room. */
    @Test
    void aFolderThatACrashLeftIsServed() throws Exception {
        Files.delete(folder.resolve("clean-stop"));
        Path stream = newestStream();
        Files.delete(stream.resolve("segments"));
        Files.write(stream.resolve("000000000001.log"), new byte[60], StandardOpenOption.APPEND);
        Files.write(folder.resolve("catalog.log"), "torn".getBytes(UTF_8), StandardOpenOption.APPEND);
        try (StreamServer server = startOnFullDisk()) {
            servers.mend();
            assertThat(servers.get(server, "/health")).isEqualTo(BreakableServers.WELL);
            assertThat(servers.put(server, "after")).isEqualTo(200);
            assertThat(servers.createStream(server, "more")).isEqualTo(200);
            assertThat(servers.records(server)).containsExactly("before", "after");
        }
        assertThat(stream.resolve("segments")).exists();
        try (StreamServer server = servers.start()) {
            assertThat(servers.records(server)).containsExactly("before", "after");
        }
    }

    private StreamServer startOnFullDisk() throws Exception {
        servers.disk.breakDown();
        StreamServer server = servers.start();
        assertThat(servers.get(server, "/health"))
                .startsWith(
                        "503 {\"status\":\"failed\",\"reasons\":[\"the log catalog takes no more writes: writing to ")
                .contains("No space left on device");
        assertThat(servers.records(server)).containsExactly("before");
        assertThat(pushed(server)).contains(BreakableServers.base64("before"));
        servers.assertThatNothingIsStored(server);
        assertThat(servers.get(server, "/health")).contains("the log orders@");
        return server;
    }

    private Path newestStream() throws IOException {
        try (Stream<Path> streams = Files.list(folder.resolve("streams"))) {
            return streams.findFirst().orElseThrow();
        }
    }

    /** The bytes of a pipe up to the first record. */
    private String pushed(StreamServer server) throws Exception {
        HttpResponse<InputStream> answer = servers.send(
                server,
                "SubscribeToShard",
                "{'ConsumerARN': '" + consumer + "', 'ShardId': '0', 'StartingPosition': {'Type': 'TRIM_HORIZON'}}",
                HttpResponse.BodyHandlers.ofInputStream());
        StringBuilder text = new StringBuilder();
        try (InputStream body = answer.body()) {
            while (!text.toString().contains("\"Data\":\"" + BreakableServers.base64("before"))) {
                int next = body.read();
                assertThat(next).isNotNegative();
                text.append((char) next);
            }
        }
        return text.toString();
    }
}
