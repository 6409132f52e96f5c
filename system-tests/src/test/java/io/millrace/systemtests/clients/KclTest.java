package io.millrace.systemtests.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.streamcore.StreamServer;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Kinesis Client Library, unmodified, with its leases in DynamoDB Local: CBOR over HTTP/2 with prior knowledge. One
 * worker reads a stream from its beginning through a split and a merge.
 */
class KclTest {
    private static final Logger log = LoggerFactory.getLogger(KclTest.class);
    private static final String STREAM = "kcl-orders";
    private static final int ROUND = 100;

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    private final List<Map<String, String>> lines = new ArrayList<>();
    private final long started = System.nanoTime();

    @ParameterizedTest
    @CsvSource({"polling, http", "fan-out, https"})
    @Timeout(240) // it makes its table and index on its own, and looks only every ten seconds
    void everyRecordArrivesOnceAndInOrderThroughASplitAndAMerge(String retrieval, String scheme) throws Exception {
        try (StreamServer server = StreamServer.builder()
                        .port(0)
                        .tlsPort(0)
                        .dataDirectory(folder.resolve("data"))
                        .transitionTime(Duration.ZERO)
                        .start();
                DynamoDbLocal dynamoDb = DynamoDbLocal.start(DynamoDbLocal.Settings.inMemory());
                FedStream stream = FedStream.create(server.endpoint(), STREAM, 2)) {
            URI endpoint = scheme.equals("http") ? server.endpoint() : server.tlsEndpoint();
            stream.put(ROUND);
            try (ClientProgram kcl = ClientProgram.start(
                    "kcl",
                    "io.millrace.clients.kcl.KclConsumer",
                    folder,
                    ClientProgram.environment(endpoint, dynamoDb.endpoint(), folder),
                    STREAM,
                    retrieval)) {
                awaitLines(kcl, "record", ROUND);
                logTime(retrieval + " over " + scheme + ": first records");
                String parent = "shardId-000000000000";
                stream.split(parent);
                stream.put(ROUND);
                stream.merge("shardId-000000000002", "shardId-000000000003");
                stream.put(ROUND);

                awaitLines(kcl, "record", 3 * ROUND);
                awaitLines(kcl, "shard-ended", 3);
                logTime("through the split and the merge");
                kcl.askToStop();
                awaitLines(kcl, "stopped", 1);
                assertThat(kcl.exitCode()).isZero();
                logTime("stopped");
            }
            assertThat(lines.get(lines.size() - 1)).containsEntry("graceful", "true");
            stream.checkThatAllArrivedOnceAndInOrder(having("record"));
            stream.checkThatParentsEndBeforeTheirChildrenBegin(lines);
        }
    }

    private void awaitLines(ClientProgram kcl, String event, int count) throws InterruptedException {
        int seen = having(event).size();
        while (seen < count) {
            Map<String, String> line = kcl.next();
            lines.add(line);
            seen += event.equals(line.get("event")) ? 1 : 0;
        }
    }

    private List<Map<String, String>> having(String event) {
        return lines.stream().filter(line -> event.equals(line.get("event"))).toList();
    }

    private void logTime(String what) {
        log.warn(
                "{} after {} ms",
                what,
                Duration.ofNanos(System.nanoTime() - started).toMillis());
    }
}
