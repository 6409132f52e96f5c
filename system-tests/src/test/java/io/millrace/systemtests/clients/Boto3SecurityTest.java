package io.millrace.systemtests.clients;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streamcore.StreamServer;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The AWS SDK for Python and a server with credentials. The facts stand in the script. */
class Boto3SecurityTest {
    private static final String SCRIPT = "boto3_security.py";
    private static final String KEYS = """
            {"keys": [
              {"accessKeyId": "admin", "secretAccessKey": "the-secret-of-the-admin",
               "allow": [{"actions": ["*"], "streams": ["*"]}]},
              {"accessKeyId": "producer", "secretAccessKey": "the-secret-of-the-producer",
               "allow": [{"actions": ["kinesis:PutRecord*"], "streams": ["orders"]}]}
            ]}
            """;

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"http", "https"})
    void everyKeyMayDoWhatTheFileSaysAndNothingElse(String scheme) throws Exception {
        ClientProcess client = new ClientProcess(folder);
        client.assumePresent("boto3", List.of("python3", "-c", "import boto3"));
        Path script = folder.resolve(SCRIPT);
        try (InputStream source = requireNonNull(Boto3SecurityTest.class.getResourceAsStream(SCRIPT), SCRIPT)) {
            Files.copy(source, script);
        }
        Path keys = Files.writeString(folder.resolve("keys.json"), KEYS);
        Files.setPosixFilePermissions(keys, PosixFilePermissions.fromString("rw-------"));
        try (StreamServer server = StreamServer.builder()
                .port(0)
                .dataDirectory(folder.resolve("data"))
                .transitionTime(Duration.ZERO)
                .credentials(keys)
                .start()) {
            URI endpoint = scheme.equals("http") ? server.endpoint() : server.tlsEndpoint();
            ClientProcess.Outcome outcome =
                    client.run(List.of("python3", "-W", "ignore", script.toString(), endpoint.toString()));

            assertThat(outcome.err()).isEmpty();
            assertThat(outcome.out()).isEqualTo("boto3 may do what its key may\n");
            assertThat(outcome.exitCode()).isZero();
        }
        assertThat(Files.readString(folder.resolve("data/audit-refused.log")))
                .contains(
                        "\"accessKey\":\"producer\",\"verified\":true,\"operation\":\"PutRecord\",\"stream\":\"private\"")
                .doesNotContain("the-secret");
    }
}
