package io.millrace.streamcore.api.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.runtime.EventLoop;
import io.millrace.sim.Simulation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** In virtual time, which begins with a minute; the files are real. */
@Timeout(60)
class AuditFilesTest {
    private static final String ATTACKER = "192.0.2.66";

    private final Simulation simulation = new Simulation(1);
    private final EventLoop loop = simulation.newEventLoop("audit-test");

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @SuppressWarnings("NullAway.Init") // set before each test
    private AuditFiles audit;

    @BeforeEach
    void open() throws IOException {
        audit = AuditFiles.open(folder.resolve("audit.log"), 1 << 20, 8, loop, simulation.clock());
    }

    private void record(String source, boolean isVerified, String operation, String outcome) {
        audit.record(new AuditEvent(
                simulation.clock().instant(),
                "id",
                source,
                Optional.of("key"),
                isVerified,
                operation,
                List.of(),
                outcome.equals(AuditEvent.OK) ? 200 : 400,
                outcome));
    }

    private List<String> done() throws IOException {
        return Files.readAllLines(folder.resolve("audit.log"));
    }

    private List<String> refused() throws IOException {
        return Files.readAllLines(folder.resolve("audit-refused.log"));
    }

    private void end() {
        loop.execute(audit::finish);
        loop.close();
        simulation.run(Duration.ofSeconds(1));
    }

    /** The attack of the issue: what its author did before stays, and so does what others do meanwhile. */
    @Test
    void aFloodOfRefusalsPushesNothingOut() throws IOException {
        record(ATTACKER, true, "DeleteStream", AuditEvent.OK);
        for (int i = 0; i < 753_000; i++) {
            record(ATTACKER, false, "ListStreams", "UnrecognizedClientException");
            if (i % 47_000 == 0) {
                record("192.0.2.7", true, "CreateStream", AuditEvent.OK);
                simulation.run(Duration.ofSeconds(1));
            }
        }
        simulation.run(Duration.ofSeconds(50));
        assertThat(done()).hasSize(18).allMatch(line -> line.contains("\"verified\":true"));
        assertThat(done().get(0)).contains("DeleteStream", ATTACKER);
        assertThat(refused()).hasSize(101);
        assertThat(refused().get(100))
                .isEqualTo("{\"time\":\"2026-01-01T00:00:00Z\",\"source\":\"192.0.2.66\",\"moreRefusals\":752900}");
        assertThat(folder.resolve("audit.log.1")).doesNotExist();
        assertThat(folder.resolve("audit-refused.log.1")).doesNotExist();
        end();
    }

    @Test
    void aMinuteIsToldByItsEndByTheNextRefusalAndByTheEndOfTheServer() throws IOException {
        for (int i = 0; i < 101; i++) {
            record(ATTACKER, false, "ListStreams", "InvalidSignatureException");
        }
        simulation.run(Duration.ofSeconds(59));
        assertThat(refused()).hasSize(100);
        simulation.run(Duration.ofSeconds(2));
        assertThat(refused()).hasSize(101).last().asString().contains("\"moreRefusals\":1}");

        for (int i = 0; i < 102; i++) {
            record(ATTACKER, false, "ListStreams", "InvalidSignatureException");
        }
        end();
        assertThat(refused()).hasSize(202).last().asString().contains("T00:01:00Z", "\"moreRefusals\":2}");
    }

    @Test
    void refusalsOfVerifiedKeysHaveALineEach() throws IOException {
        for (int i = 0; i < 150; i++) {
            record("192.0.2.7", true, "DeleteStream", "AccessDeniedException");
        }
        end();
        assertThat(done()).isEmpty();
        assertThat(refused()).hasSize(150).allMatch(line -> line.contains("AccessDeniedException"));
    }

    @Test
    void namesOfTheSecondFile() {
        assertThat(AuditFiles.refusedBeside(Path.of("/var/log/audit.log"))).hasToString("/var/log/audit-refused.log");
        assertThat(AuditFiles.refusedBeside(Path.of("audit"))).hasToString("audit-refused");
        assertThat(AuditFiles.refusedBeside(Path.of("a.b/.audit"))).hasToString("a.b/.audit-refused");
    }
}
