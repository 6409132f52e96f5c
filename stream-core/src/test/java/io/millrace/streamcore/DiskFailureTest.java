package io.millrace.streamcore;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole server whose disk fails while it serves, as clients and operators see it. */
@Timeout(60)
class DiskFailureTest {
    @Test
    void healthTurnsBadWhenTheDiskFailsAndGoodWhenItIsWellAgain(@TempDir Path folder) throws Exception {
        BreakableServers servers = new BreakableServers(folder);
        try (StreamServer server = servers.start()) {
            assertThat(servers.createStream(server, "orders")).isEqualTo(200);
            assertThat(servers.put(server, "before")).isEqualTo(200);
            assertThat(servers.get(server, "/health")).isEqualTo(BreakableServers.WELL);

            servers.disk.breakDown();
            assertThat(servers.put(server, "refused")).isEqualTo(500);
            servers.assertThatNothingIsStored(server);
            assertThat(servers.get(server, "/health"))
                    .startsWith("503 {\"status\":\"failed\",\"reasons\":[\"the log ")
                    .containsPattern("the log orders@\\d+ takes no more writes: writing to \\S+ failed \\(")
                    .containsPattern("the log catalog takes no more writes: writing to \\S+ failed \\(");
            assertThat(servers.get(server, "/metrics")).contains("\nmillrace_server_logs_failed 2.0");
            assertThat(servers.records(server)).containsExactly("before");

            servers.mend();
            assertThat(servers.get(server, "/health")).isEqualTo(BreakableServers.WELL);
            assertThat(servers.get(server, "/metrics")).contains("\nmillrace_server_logs_failed 0.0");
            assertThat(servers.put(server, "after")).isEqualTo(200);
            assertThat(servers.records(server)).containsExactly("before", "after");
        }
        assertThat(Files.readAllLines(folder.resolve("audit-refused.log")))
                .anyMatch(line -> line.contains("\"operation\":\"PutRecord\",\"stream\":\"orders\",\"status\":500,"
                        + "\"outcome\":\"InternalFailure"))
                .anyMatch(line -> line.contains("\"operation\":\"CreateStream\",\"stream\":\"more\",\"status\":500"))
                .noneMatch(line -> line.contains(BreakableServers.base64("refused")));
        try (StreamServer server =
                StreamServer.builder().port(0).dataDirectory(folder).start()) {
            assertThat(servers.records(server)).containsExactly("before", "after");
        }
    }
}
