package io.millrace.streamcore;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.runtime.SystemPlatform;
import io.millrace.streamcore.api.audit.Audit;
import io.millrace.streamcore.api.audit.AuditEvent;
import io.millrace.streamcore.api.auth.CredentialsFile.WhenGone;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The audit of a server under the attack that once overwrote all nine files: as many refusals as came in 16 seconds. */
@Timeout(60)
class AuditFloodTest {
    private static final Instant TIME = Instant.parse("2026-11-21T12:00:00Z");

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @Test
    void whatWasDoneOutlivesAnyNumberOfRefusals() throws Exception {
        try (ServerSecurity security = ServerSecurity.open(
                null, WhenGone.KEYS_STAY_VALID, folder.resolve("audit.log"), new SystemPlatform())) {
            Audit audit = security.audit();
            audit.record(event(true, "DeleteStream", AuditEvent.OK));
            for (int i = 0; i < 753_000; i++) {
                audit.record(event(false, "ListStreams", "UnrecognizedClientException"));
            }
            audit.record(event(true, "CreateStream", AuditEvent.OK));
        }
        assertThat(Files.readAllLines(folder.resolve("audit.log")))
                .hasSize(2)
                .satisfiesExactly(
                        first -> assertThat(first).contains("DeleteStream"),
                        second -> assertThat(second).contains("CreateStream"));
        try (var files = Files.list(folder)) {
            assertThat(files).hasSizeLessThanOrEqualTo(2);
        }
    }

    private static AuditEvent event(boolean isVerified, String operation, String outcome) {
        return new AuditEvent(
                TIME, "id", "192.0.2.66", Optional.of("key"), isVerified, operation, List.of("orders"), 400, outcome);
    }
}
