package io.millrace.streamcore.api.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.runtime.EventLoop;
import io.millrace.runtime.SystemPlatform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditLogTest {
    private static final Instant TIME = Instant.parse("2026-11-21T12:00:00Z");

    private final EventLoop loop = new SystemPlatform().newEventLoop("audit-test");

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @AfterEach
    void stop() {
        loop.close();
    }

    private static AuditEvent event(String operation) {
        return new AuditEvent(
                TIME, "id-1", "192.0.2.7", Optional.of("key"), true, operation, List.of("orders"), 200, AuditEvent.OK);
    }

    private void end(AuditLog log) throws Exception {
        loop.execute(log::finish);
        loop.close();
        loop.closed().get(20, TimeUnit.SECONDS);
    }

    @Test
    void anEventIsALineForItsOwnerOnly() throws Exception {
        Path file = folder.resolve("audit.log");
        AuditLog log = AuditLog.open(file, 1000, 1, loop);
        log.add(event("CreateStream"));
        log.add(AuditEvent.ofTransport(TIME, "192.0.2.8", 413, "RequestEntityTooLarge"));
        end(log);
        assertThat(file).hasContent("""
                {"time":"2026-11-21T12:00:00Z","requestId":"id-1","source":"192.0.2.7","accessKey":"key","verified":true,\
                "operation":"CreateStream","stream":"orders","status":200,"outcome":"ok"}
                {"time":"2026-11-21T12:00:00Z","requestId":"","source":"192.0.2.8","operation":"","status":413,\
                "outcome":"RequestEntityTooLarge"}
                """);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void whatClientsSendStaysOneShortLine() throws Exception {
        Path file = folder.resolve("audit.log");
        AuditLog log = AuditLog.open(file, 100_000, 1, loop);
        log.add(event("a\nb\"c".repeat(1000)));
        end(log);
        assertThat(Files.readAllLines(file))
                .singleElement()
                .satisfies(
                        line -> assertThat(line).contains("a\\nb\\\"c", "...").hasSizeLessThan(1000));
    }

    @Test
    void aFullFileIsPutAsideAndTheOldestGoes() throws Exception {
        Path file = folder.resolve("audit.log");
        AuditLog log = AuditLog.open(file, 1, 2, loop);
        for (int i = 0; i < 5; i++) {
            log.add(event("Operation" + i));
            // One group of lines a file: so each line is waited for.
            CountDownLatch written = new CountDownLatch(1);
            loop.execute(written::countDown);
            assertThat(written.await(20, TimeUnit.SECONDS)).isTrue();
        }
        end(log);
        assertThat(file).content().contains("Operation4");
        assertThat(folder.resolve("audit.log.1")).content().contains("Operation3");
        assertThat(folder.resolve("audit.log.2")).content().contains("Operation2");
        assertThat(folder.resolve("audit.log.3")).doesNotExist();
    }

    @Test
    void linesAreAddedToWhatIsThere() throws Exception {
        Path file = Files.writeString(folder.resolve("audit.log"), "before\n");
        AuditLog log = AuditLog.open(file, 1000, 1, loop);
        log.add(event("CreateStream"));
        end(log);
        assertThat(Files.readAllLines(file)).hasSize(2).first().isEqualTo("before");
    }

    @Test
    void aFileThatIsTakenAwayBeginsAnew() throws Exception {
        Path file = folder.resolve("audit.log");
        AuditLog log = AuditLog.open(file, 1000, 1, loop);
        for (int i = 0; i < 3; i++) {
            log.add(event("Operation" + i));
            CountDownLatch written = new CountDownLatch(1);
            loop.execute(written::countDown);
            assertThat(written.await(20, TimeUnit.SECONDS)).isTrue();
            if (i == 0) {
                Files.move(file, folder.resolve("away"));
            }
        }
        end(log);
        assertThat(folder.resolve("away")).content().contains("Operation0");
        assertThat(file).content().contains("Operation1", "Operation2").doesNotContain("Operation0");
    }

    @Test
    void aFloodIsDroppedAndCounted() throws Exception {
        Path file = folder.resolve("audit.log");
        AuditLog log = AuditLog.open(file, 100 << 20, 1, loop);
        CountDownLatch go = new CountDownLatch(1);
        loop.execute(() -> {
            try {
                go.await(20, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        for (int i = 0; i < 10_007; i++) {
            log.add(event("ListStreams"));
        }
        go.countDown();
        end(log);
        List<String> lines = new ArrayList<>(Files.readAllLines(file));
        assertThat(lines.remove(0)).contains("\"droppedLines\":7");
        assertThat(lines).hasSize(10_000);
    }

    @Test
    void aFileThatCannotBeWrittenIsNamed() {
        assertThatThrownBy(() -> AuditLog.open(folder.resolve("none/audit.log"), 1, 1, loop))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("Cannot write the audit log " + folder.resolve("none/audit.log"));
    }
}
