package io.millrace.systemtests.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streamcore.StreamServer;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The synchronous client of the AWS SDK for Java v2, on Apache's HTTP client: CBOR over HTTP/1.1. */
class SyncSdkTest {
    private static final int RECORDS = 153;

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"http", "https"})
    void everyRecordIsReadBackInOrderThroughSplitAndMerge(String scheme) throws Exception {
        try (StreamServer server = StreamServer.builder()
                .port(0)
                .tlsPort(0)
                .dataDirectory(folder.resolve("data"))
                .transitionTime(Duration.ZERO)
                .start()) {
            URI endpoint = scheme.equals("http") ? server.endpoint() : server.tlsEndpoint();
            try (ClientProgram sdk = ClientProgram.start(
                    "kcl",
                    "io.millrace.clients.kcl.SyncClient",
                    folder,
                    ClientProgram.environment(endpoint, endpoint, folder),
                    "sdk-orders")) {
                List<Map<String, String>> lines = new ArrayList<>();
                do {
                    lines.add(sdk.next());
                } while (!"error".equals(lines.get(lines.size() - 1).get("event")));

                assertThat(sdk.exitCode()).isZero();
                checkPuts(lines.subList(0, 3));
                assertThat(lines.subList(3, lines.size() - 1))
                        .extracting(line -> line.get("data"))
                        .containsExactlyElementsOf(IntStream.range(0, RECORDS)
                                .mapToObj(Integer::toString)
                                .toList());
                assertThat(lines.get(lines.size() - 1))
                        .containsEntry("code", "ResourceNotFoundException")
                        .containsEntry("message", "Stream missing under account 000000000000 not found.");
            }
        }
    }

    private static void checkPuts(List<Map<String, String>> puts) {
        assertThat(puts).extracting(line -> line.get("event")).containsOnly("put");
        assertThat(puts).extracting(line -> line.get("failed")).containsOnly("0");
        assertThat(puts)
                .extracting(line -> line.get("shard"))
                .containsExactly("shardId-000000000000", "shardId-000000000001", "shardId-000000000003");
    }
}
