package io.millrace.systemtests.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streamcore.StreamServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The Flink connector for Kinesis in a cluster of one process. By polling it uses version 1 of the SDK for Java (CBOR over
 * HTTP/1.1), by fan-out version 2 (HTTP/2 with prior knowledge). It reads the shards side by side and does not wait for
 * parents, so the order is that of each shard.
 */
@Tag("slow")
class FlinkTest {
    private static final String STREAM = "flink-orders";
    private static final int ROUND = 100;

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    private final List<Map<String, String>> records = new ArrayList<>();

    @ParameterizedTest
    @ValueSource(strings = {"POLLING", "EFO"})
    @Timeout(180)
    void everyRecordArrivesOnceThroughASplitAndAMerge(String reading) throws Exception {
        try (StreamServer server = StreamServer.builder()
                        .port(0)
                        .dataDirectory(folder.resolve("data"))
                        .transitionTime(Duration.ZERO)
                        .start();
                FedStream stream = FedStream.create(server.endpoint(), STREAM, 2)) {
            stream.put(ROUND);
            try (ClientProgram flink = ClientProgram.start(
                    "flink",
                    "io.millrace.clients.flink.FlinkJob",
                    folder,
                    ClientProgram.environment(server.endpoint(), server.endpoint(), folder),
                    STREAM,
                    server.endpoint().toString(),
                    reading)) {
                awaitRecords(flink, ROUND);
                stream.split("shardId-000000000000");
                stream.put(ROUND);
                stream.merge("shardId-000000000002", "shardId-000000000003");
                stream.put(ROUND);
                awaitRecords(flink, 3 * ROUND);
                flink.askToStop();
                assertThat(flink.next()).containsEntry("event", "stopped");
                assertThat(flink.exitCode()).isZero();
            }
            stream.checkThatAllArrivedOnceInTheOrderOfEachShard(records);
        }
    }

    private void awaitRecords(ClientProgram flink, int count) {
        while (records.size() < count) {
            records.add(flink.next());
        }
    }
}
