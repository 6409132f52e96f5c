package io.millrace.streamcore;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.millrace.streamcore.log.CorruptLogException;
import io.millrace.streamcore.log.FsyncPolicy;
import io.millrace.streamcore.log.backup.BackupManifest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Backups of servers that were stopped: what is in them, and that a damaged one is never taken for a whole one. */
final class FolderBackupTest {
    private static final String SECRET = Base64.getEncoder().encodeToString("the rain in spain".getBytes(ISO_8859_1));

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    private Path data = Path.of("");
    private Path backup = Path.of("");

    @BeforeEach
    void serve() throws Exception {
        data = folder.resolve("data");
        backup = folder.resolve("backups").resolve("monday");
        try (StreamServer server = server(data)) {
            call(server, "us-east-1", "CreateStream", "{'StreamName': 's', 'ShardCount': 1}");
            call(server, "eu-west-1", "CreateStream", "{'StreamName': 's', 'ShardCount': 1}");
            put(server);
        }
    }

    @Test
    void aBackupIsServedWithoutAWordAndIsListedUntilItIsChanged() throws Exception {
        FolderBackup.Report report = FolderBackup.make(data, backup, null);
        assertThat(report.streams()).isEqualTo(2);
        assertThat(report.hasKey()).isFalse();
        assertThat(files(backup)).hasSize(report.files() + 1).doesNotContain("lock", "audit.log");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(backup)))
                .isEqualTo("rwx------");
        assertThat(files(folder.resolve("backups"))).allMatch(file -> file.startsWith("monday/"));
        checkWithTheSystemsTool();
        for (int i = 0; i < 2; i++) {
            ListAppender<ILoggingEvent> lines = listen();
            try (StreamServer server = server(backup)) {
                assertThat(records(server)).contains(SECRET);
            }
            assertThat(lines.list).noneMatch(line -> line.getLevel().isGreaterOrEqual(Level.WARN));
            assertThat(backup.resolve("backup.sha256"))
                    .as("nothing was changed")
                    .exists();
        }
        try (StreamServer server = server(backup)) {
            put(server);
        }
        assertThat(backup.resolve("backup.sha256")).doesNotExist();
        try (StreamServer server = server(backup)) {
            assertThat(records(server)).contains(SECRET);
        }
    }

    private void checkWithTheSystemsTool() throws Exception {
        Process check = new ProcessBuilder("sha256sum", "--check", "--strict", "--quiet", "backup.sha256")
                .directory(backup.toFile())
                .redirectErrorStream(true)
                .start();
        assertThat(new String(check.getInputStream().readAllBytes(), ISO_8859_1))
                .isEmpty();
        assertThat(check.waitFor()).isZero();
    }

    @Test
    void aBackupOfWhichAnyFileIsAnotherOrMissingIsNotOpened() throws Exception {
        FolderBackup.make(data, backup, null);
        for (String name : files(backup)) {
            Path file = backup.resolve(name);
            byte[] content = Files.readAllBytes(file);
            byte[] flipped = content.clone();
            flipped[content.length / 2] ^= 1;
            Files.write(file, flipped);
            isDamaged(name);
            Files.delete(file);
            if (!name.equals("backup.sha256")) {
                isDamaged(name);
            }
            Files.write(file, content);
        }
        Files.write(backup.resolve("tokens.key"), new byte[1], StandardOpenOption.APPEND);
        refuses(backup, () -> server(backup));
        Files.copy(data.resolve("tokens.key"), backup.resolve("tokens.key"), StandardCopyOption.REPLACE_EXISTING);
        try (StreamServer server = server(backup)) {
            assertThat(records(server)).contains(SECRET);
        }
    }

    /** Without a whole server each time: it looks in this way before anything else. */
    private void isDamaged(String name) {
        assertThatThrownBy(() -> BackupManifest.check(backup))
                .as(name)
                .isInstanceOf(CorruptLogException.class)
                .hasMessageContaining(backup.resolve(name.equals(BackupManifest.FILE) ? "" : name)
                        .toString());
    }

    @Test
    void aBackupThatDidNotComeToItsEndIsNotOpened() throws Exception {
        FolderBackup.make(data, backup, null);
        Path manifest = backup.resolve("backup.sha256");
        List<String> lines = Files.readAllLines(manifest);
        Files.write(manifest, lines.subList(0, lines.size() - 1));
        assertThatThrownBy(() -> server(backup)).hasMessageContaining("this is a backup that did not come to its end");
        BackupManifest.begin(backup);
        assertThatThrownBy(() -> server(backup)).hasMessageContaining("this is a backup that did not come to its end");
    }

    @Test
    void aFolderThatIsDamagedIsNotBackedUpAndNothingIsLeft() throws Exception {
        for (String name : files(data)) {
            boolean isInIt = name.endsWith(".log") && !name.startsWith("audit") || name.endsWith("segments");
            if (isInIt) {
                Path file = data.resolve(name);
                byte[] content = Files.readAllBytes(file);
                byte[] flipped = content.clone();
                flipped[content.length / 2] ^= 1;
                Files.write(file, flipped);
                refuses(data, () -> FolderBackup.make(data, backup, null));
                Files.write(file, content);
            }
        }
        assertThat(files(folder.resolve("backups"))).isEmpty();
        assertThat(FolderBackup.make(data, backup, null).streams()).isEqualTo(2);
    }

    @Test
    void whatCannotBeABackupIsToldBeforeAnythingIsWritten() throws Exception {
        refuses(data, () -> FolderBackup.make(data, data.resolve("backup"), null));
        refuses(folder, () -> FolderBackup.make(folder.resolve("none"), backup, null));
        refuses(folder, () -> FolderBackup.make(Files.createDirectory(folder.resolve("empty")), backup, null));
        FolderBackup.make(data, backup, null);
        refuses(backup, () -> FolderBackup.make(data, backup, null));
        Path other = backup.resolveSibling("tuesday");
        Files.createDirectory(backup.resolveSibling("tuesday.unfinished"));
        refuses(other, () -> FolderBackup.make(data, other, null));
    }

    @Test
    void encryptedStreamsAreRestoredWithTheirKey() throws Exception {
        try (StreamServer server = server(data)) {
            call(
                    server,
                    "us-east-1",
                    "StartStreamEncryption",
                    "{'StreamName': 's', 'EncryptionType': 'KMS', 'KeyId': 'k'}");
            put(server);
        }
        assertThat(FolderBackup.make(data, backup, null).hasKey()).isTrue();
        try (StreamServer server = server(backup)) {
            assertThat(records(server)).contains(SECRET);
        }
        Path key = Files.move(data.resolve("encryption.key"), folder.resolve("kept.key"));
        Path other = backup.resolveSibling("tuesday");
        assertThatThrownBy(() -> FolderBackup.make(data, other, null)).hasMessageContaining("--encryption-key");
        assertThat(FolderBackup.make(data, other, key).hasKey()).isFalse();
        try (StreamServer server = StreamServer.builder()
                .port(0)
                .dataDirectory(other)
                .encryptionKey(key)
                .start()) {
            assertThat(records(server)).contains(SECRET);
        }
    }

    private static void refuses(Path named, ThrowingCallable what) {
        assertThatThrownBy(what)
                .isInstanceOf(StreamServerException.class)
                .hasMessageContaining(named.toString())
                .hasMessageNotContaining(".unfinished/")
                .hasMessageNotContaining("\n");
    }

    private static ListAppender<ILoggingEvent> listen() {
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        ((Logger) LoggerFactory.getLogger("io.millrace.streamcore")).addAppender(lines);
        return lines;
    }

    private static List<String> files(Path directory) throws IOException {
        try (Stream<Path> walk = Files.walk(directory)) {
            return walk.filter(Files::isRegularFile)
                    .map(file -> directory.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }

    private static StreamServer server(Path directory) {
        return StreamServer.builder()
                .port(0)
                .dataDirectory(directory)
                .fsync(FsyncPolicy.NEVER)
                .transitionTime(Duration.ZERO)
                .start();
    }

    private void put(StreamServer server) throws Exception {
        call(server, "us-east-1", "PutRecord", "{'StreamName': 's', 'PartitionKey': 'k', 'Data': '" + SECRET + "'}");
    }

    private String records(StreamServer server) throws Exception {
        String answer = call(
                server,
                "us-east-1",
                "GetShardIterator",
                "{'StreamName': 's', 'ShardId': 'shardId-000000000000', 'ShardIteratorType': 'TRIM_HORIZON'}");
        String iterator = answer.substring(answer.indexOf(':') + 2, answer.lastIndexOf('"'));
        return call(server, "us-east-1", "GetRecords", "{'ShardIterator': '" + iterator + "'}");
    }

    private String call(StreamServer server, String region, String operation, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(server.endpoint() + "/"))
                .header("Content-Type", "application/x-amz-json-1.1")
                .header("X-Amz-Target", "Kinesis_20131202." + operation)
                .header("X-Amz-Date", "20260101T000000Z")
                .header(
                        "Authorization",
                        "AWS4-HMAC-SHA256 Credential=key/20260101/" + region
                                + "/kinesis/aws4_request, SignedHeaders=host, Signature=0")
                .POST(HttpRequest.BodyPublishers.ofString(body.replace('\'', '"')))
                .build();
        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response.body();
    }
}
