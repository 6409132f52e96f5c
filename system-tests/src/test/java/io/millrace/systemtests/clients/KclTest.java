package io.millrace.systemtests.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streamcore.StreamServer;
import io.millrace.systemtests.process.Tables;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
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

    private final long started = System.nanoTime();

    /** Both at once, each with leases of its own: most of the time they wait for their tables. */
    @Test
    @Timeout(240) // it makes its table and index on its own, and looks only every ten seconds
    void pollingAndFanOutBothSeeEveryRecordOnceAndInOrderThroughASplitAndAMerge() throws Exception {
        try (StreamServer server = StreamServer.builder()
                        .port(0)
                        .tlsPort(0)
                        .dataDirectory(folder.resolve("data"))
                        .transitionTime(Duration.ZERO)
                        .start();
                Tables dynamoDb = Tables.open();
                FedStream stream = FedStream.create(server.endpoint(), STREAM, 2);
                Reader polling = reader("polling", server.endpoint(), dynamoDb);
                Reader fanOut = reader("fan-out", server.tlsEndpoint(), dynamoDb)) {
            List<Reader> readers = List.of(polling, fanOut);
            stream.put(ROUND);
            for (Reader reader : readers) {
                reader.await("record", ROUND);
                logTime("first records by " + reader.retrieval);
            }
            stream.split("shardId-000000000000");
            stream.put(ROUND);
            stream.merge("shardId-000000000002", "shardId-000000000003");
            stream.put(ROUND);
            for (Reader reader : readers) {
                reader.await("record", 3 * ROUND);
                reader.await("shard-ended", 3);
                logTime("through the split and the merge by " + reader.retrieval);
            }

            assertThat(stream.consumers()).containsExactly("kcl-fan-out");
            for (Reader reader : readers) {
                reader.stop();
                stream.checkThatAllArrivedOnceAndInOrder(reader.having("record"));
                stream.checkThatParentsEndBeforeTheirChildrenBegin(reader.lines);
            }
            logTime("stopped");
        }
    }

    private Reader reader(String retrieval, URI kinesis, Tables dynamoDb) throws IOException {
        Path own = Files.createDirectory(folder.resolve(retrieval));
        ClientProgram program = ClientProgram.start(
                "kcl",
                "io.millrace.clients.kcl.KclConsumer",
                own,
                ClientProgram.environment(kinesis, dynamoDb.endpoint(), own),
                STREAM,
                retrieval);
        return new Reader(retrieval, program);
    }

    private void logTime(String what) {
        log.warn(
                "{} after {} ms",
                what,
                Duration.ofNanos(System.nanoTime() - started).toMillis());
    }

    /** A worker and what it printed so far. */
    private static final class Reader implements AutoCloseable {
        private final String retrieval;
        private final ClientProgram program;
        private final List<Map<String, String>> lines = new ArrayList<>();

        private Reader(String retrieval, ClientProgram program) {
            this.retrieval = retrieval;
            this.program = program;
        }

        void await(String event, int count) {
            int seen = having(event).size();
            while (seen < count) {
                Map<String, String> line = program.next();
                lines.add(line);
                seen += event.equals(line.get("event")) ? 1 : 0;
            }
        }

        List<Map<String, String>> having(String event) {
            return lines.stream()
                    .filter(line -> event.equals(line.get("event")))
                    .toList();
        }

        void stop() throws Exception {
            program.askToStop();
            await("stopped", 1);
            assertThat(program.exitCode()).isZero();
            assertThat(lines.get(lines.size() - 1)).containsEntry("graceful", "true");
        }

        @Override
        public void close() {
            program.close();
        }
    }
}
