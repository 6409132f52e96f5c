package io.millrace.systemtests.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.fanout.kinesis.KinesisShapes;
import io.millrace.model.HashKeyRange;
import io.millrace.model.StreamRecord;
import io.millrace.model.aggregate.AggregateWriter;
import io.millrace.model.aggregate.Aggregates;
import io.millrace.streamcore.StreamServer;
import io.millrace.systemtests.clients.Aggregate.UserRecord;
import io.millrace.systemtests.clients.FedStream.Stored;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The Kinesis Producer Library, its native process included: JSON over HTTP/1.1, TLS only, records in aggregates. */
@Tag("slow")
class KplTest {
    private static final Logger log = LoggerFactory.getLogger(KplTest.class);
    private static final String STREAM = "kpl-orders";
    private static final int ROUND = 1_000;
    private static final int KEYS = 10;

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    private final List<Map<String, String>> lines = new ArrayList<>();

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Timeout(120)
    void everyRecordIsAcknowledgedAndStoredThroughASplitAndAMerge(boolean areSignaturesVerified) throws Exception {
        StreamServer.Builder settings = StreamServer.builder()
                .port(0)
                .tlsPort(0)
                .dataDirectory(folder.resolve("data"))
                .transitionTime(Duration.ZERO);
        if (areSignaturesVerified) {
            settings.credentials(ClientKeys.file(folder, STREAM));
        }
        try (StreamServer server = settings.start();
                FedStream stream = FedStream.create(server.endpoint(), STREAM, 2);
                ClientProgram kpl = ClientProgram.start(
                        "kpl",
                        "io.millrace.clients.kpl.KplProducer",
                        folder,
                        ClientProgram.environment(server.tlsEndpoint(), server.endpoint(), folder),
                        STREAM,
                        server.tlsEndpoint().getHost(),
                        Integer.toString(server.tlsEndpoint().getPort()))) {
            putRound(kpl);
            stream.split("shardId-000000000000");
            putRound(kpl);
            stream.merge("shardId-000000000002", "shardId-000000000003");
            putRound(kpl);
            kpl.askToStop();
            assertThat(kpl.next()).containsEntry("event", "stopped");
            assertThat(kpl.exitCode()).isZero();

            assertThat(lines).extracting(line -> line.get("event")).containsOnly("put");
            List<Stored> stored = stream.readAll();
            log.warn(
                    "{} records came in {} stored records, {} of them more than once",
                    3 * ROUND,
                    stored.size(),
                    userRecords(stored).size() - 3 * ROUND);
            assertThat(stored).as("aggregates").hasSizeLessThan(3 * ROUND);
            // More than once, too: until it knows the children, the library puts again what went to a shard unknown to
            // it.
            assertThat(new HashSet<>(userRecords(stored))).isEqualTo(expected());
            assertThat(stored).allSatisfy(each -> assertThat(packedAgain(each)).isEqualTo(each.data()));
        }
    }

    /** As consumers read them: what lies in an aggregate but outside the hash range of its shard was put again elsewhere. */
    private static List<UserRecord> userRecords(List<Stored> stored) {
        List<UserRecord> records = new ArrayList<>();
        for (Stored each : stored) {
            for (UserRecord record : Aggregate.recordsOf(each.key(), each.data())) {
                if (each.isOfItsShard(record.key())) {
                    records.add(record);
                }
            }
        }
        return records;
    }

    /** The user records of an aggregate, packed by our own producer's writer; what is no aggregate as it is. */
    private static byte[] packedAgain(Stored stored) {
        StreamRecord plain = KinesisShapes.record(stored.record());
        List<StreamRecord> records = Aggregates.SPLIT.in(List.of(plain), HashKeyRange.ALL);
        if (records.equals(List.of(plain))) {
            return stored.data();
        }
        AggregateWriter writer = new AggregateWriter(1 << 20);
        records.forEach(record -> writer.add(record.partitionKey(), record.explicitHashKeyOrNull(), record.data()));
        return writer.finish().toByteArray();
    }

    private static Set<UserRecord> expected() {
        Set<UserRecord> records = new HashSet<>();
        for (int i = 0; i < 3 * ROUND; i++) {
            records.add(new UserRecord("key-" + i % KEYS, Integer.toString(i / KEYS)));
        }
        return records;
    }

    private void putRound(ClientProgram kpl) throws Exception {
        kpl.tell(Integer.toString(ROUND));
        for (int i = 0; i < ROUND; i++) {
            lines.add(kpl.next());
        }
    }
}
