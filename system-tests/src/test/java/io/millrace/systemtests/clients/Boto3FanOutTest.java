package io.millrace.systemtests.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streamcore.StreamServer;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Enhanced fan-out through the AWS SDK for Python: chunked answers over HTTP/1.1. The facts stand in the script. */
@Tag("slow")
class Boto3FanOutTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"http", "https"})
    void recordsArePushedThroughTakeOverSplitAndMerge(String scheme) throws Exception {
        ClientProcess client = new ClientProcess(folder);
        client.assumePresent("boto3", List.of("python3", "-c", "import boto3"));
        Path script = client.resource("boto3_fan_out.py");
        try (StreamServer server = StreamServer.builder()
                .port(0)
                .tlsPort(0)
                .dataDirectory(folder.resolve("data"))
                .start()) {
            URI endpoint = scheme.equals("http") ? server.endpoint() : server.tlsEndpoint();
            ClientProcess.Outcome outcome =
                    client.run(List.of("python3", "-W", "ignore", script.toString(), endpoint.toString()));

            assertThat(outcome.err()).isEmpty();
            assertThat(outcome.out()).isEqualTo("105 records pushed\n");
            assertThat(outcome.exitCode()).isZero();
        }
    }
}
