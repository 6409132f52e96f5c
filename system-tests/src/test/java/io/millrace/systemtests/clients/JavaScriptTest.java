package io.millrace.systemtests.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.streamcore.StreamServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The AWS SDK for JavaScript v3 with the handler it uses by default: HTTP/2. The facts stand in the script. */
class JavaScriptTest {
    private static final String CLIENT = "@aws-sdk/client-kinesis@3.1143.0";

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before all tests
    private static Path folder;

    @SuppressWarnings("NullAway.Init") // before all tests
    private static ClientProcess client;

    @SuppressWarnings("NullAway.Init") // before all tests
    private static Path script;

    @BeforeAll
    @Timeout(180) // fetching the client takes its time
    static void fetchClient() throws Exception {
        client = new ClientProcess(folder);
        client.assumePresent("Node.js with npm", List.of("npm", "--version"));
        Files.writeString(folder.resolve("package.json"), "{\"private\": true}");
        boolean isFetched = client.fetch(List.of(
                                "npm", "install", "--prefix", folder.toString(), "--no-audit", "--no-fund", CLIENT))
                        .exitCode()
                == 0;
        String skipped = "SKIPPED: npm cannot fetch " + CLIENT;
        if (!isFetched) {
            System.err.println(skipped);
        }
        assumeTrue(isFetched, skipped);
        script = client.resource("js_fan_out.mjs");
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "https", "http, signatures verified"})
    void recordsArePushedThroughASplit(String how, @TempDir Path data) throws Exception {
        StreamServer.Builder settings =
                StreamServer.builder().port(0).tlsPort(0).dataDirectory(data);
        if (how.contains("verified")) {
            settings.credentials(ClientKeys.file(folder, "none"));
        }
        try (StreamServer server = settings.start()) {
            String endpoint = (how.equals("https") ? server.tlsEndpoint() : server.endpoint()).toString();
            ClientProcess.Outcome outcome = client.run(List.of(
                    "env", "NODE_TLS_REJECT_UNAUTHORIZED=0", "node", "--no-warnings", script.toString(), endpoint));

            assertThat(outcome.err()).isEmpty();
            assertThat(outcome.out()).isEqualTo("55 records pushed\n");
            assertThat(outcome.exitCode()).isZero();
        }
    }
}
