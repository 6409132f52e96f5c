package io.millrace.systemtests.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;

/** {@code millrace server backup} of a server that takes puts and is resharded meanwhile, and what is restored from it. */
@Tag("slow") // seven processes
class BackupTest {
    private static final String STREAM = "kept";
    private static final int BACKUPS = 2;
    private static final int THREADS = 3;
    private static final int BATCH = 20;

    private final int port = MillraceProcess.freePort();
    private final AtomicBoolean isOver = new AtomicBoolean();
    /** Sequence numbers by record, of what was acknowledged. */
    private final ConcurrentLinkedQueue<Map<String, String>> acknowledged = new ConcurrentLinkedQueue<>();

    @TempDir
    Path folder;

    @Test
    @Timeout(120)
    void whatWasAcknowledgedBeforeABackupOfARunningServerIsRestoredWithItsNumbers() throws Exception {
        List<Map<String, String>> before = new ArrayList<>();
        try (KinesisAsyncClient kinesis = LocalClients.kinesisWithoutRetries(port);
                MillraceProcess server = MillraceProcess.startServer(port, folder.resolve("data"))) {
            LocalClients.createStream(kinesis, STREAM, 2);
            List<Thread> putters = startPutting(kinesis);
            for (int i = 0; i < BACKUPS; i++) {
                int enough = (i + 1) * 50;
                Waiting.until(() -> acknowledged.size() > enough);
                int shards = 2 + i;
                CompletableFuture<?> resharding = kinesis.updateShardCount(request ->
                        request.streamName(STREAM).targetShardCount(shards + 1).scalingType("UNIFORM_SCALING"));
                before.add(allAcknowledged());
                String printed = backUp(folder.resolve("data"), backup(i));
                assertThat(printed).contains(backup(i) + ": streams 1, ");
                resharding.join();
                LocalClients.awaitActive(kinesis, STREAM);
            }
            isOver.set(true);
            for (Thread putter : putters) {
                putter.join();
            }
            assertThat(server.errorLines()).isEmpty();
        }
        before.add(allAcknowledged());
        backUp(folder.resolve("data"), backup(BACKUPS));
        Map<String, String> last = allAcknowledged();
        for (int i = 0; i <= BACKUPS; i++) {
            Map<String, String> restored = restored(backup(i));
            assertThat(restored).as("backup %s", i).containsAllEntriesOf(before.get(i));
            Map<String, String> known = new HashMap<>(restored);
            // A put that was refused because a shard was closed is not in it; one whose answer came later may be.
            known.keySet().retainAll(last.keySet());
            assertThat(last).as("backup %s", i).containsAllEntriesOf(known);
        }
        assertThat(before.get(BACKUPS)).hasSizeGreaterThan(before.get(0).size());
    }

    private Path backup(int number) {
        return folder.resolve("backups").resolve("number-" + number);
    }

    /** Runs the command and answers what it printed. */
    private static String backUp(Path data, Path target) {
        List<String> printed = new ArrayList<>();
        try (MillraceProcess backup = MillraceProcess.start(
                Map.of(), printed::add, List.of("server", "backup", data.toString(), "--to", target.toString()))) {
            assertThat(backup.exitCode()).as("%s", backup).isZero();
            backup.awaitOutput();
            assertThat(backup.errorLines()).isEmpty();
        }
        return String.join("\n", printed);
    }

    private List<Thread> startPutting(KinesisAsyncClient kinesis) {
        List<Thread> putters = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
            String name = "putter " + t + " batch ";
            Thread putter = new Thread(() -> {
                for (int batch = 0; !isOver.get(); batch++) {
                    put(kinesis, name + batch);
                }
            });
            putter.setDaemon(true);
            putters.add(putter);
            putter.start();
        }
        return putters;
    }

    private void put(KinesisAsyncClient kinesis, String batch) {
        List<PutRecordsRequestEntry> entries = new ArrayList<>();
        for (int i = 0; i < BATCH; i++) {
            String id = batch + " record " + i;
            entries.add(PutRecordsRequestEntry.builder()
                    .partitionKey(id)
                    .data(LocalClients.utf8(id))
                    .build());
        }
        PutRecordsResponse answer = kinesis.putRecords(
                        request -> request.streamName(STREAM).records(entries))
                .join();
        Map<String, String> numbers = new HashMap<>();
        for (int i = 0; i < BATCH; i++) {
            String number = answer.records().get(i).sequenceNumber();
            if (number != null) {
                numbers.put(batch + " record " + i, number);
            }
        }
        acknowledged.add(numbers);
    }

    private Map<String, String> allAcknowledged() {
        Map<String, String> all = new HashMap<>();
        acknowledged.forEach(all::putAll);
        return all;
    }

    /** Every record of a server that is started with a backup, which says nothing at WARN or above. */
    private Map<String, String> restored(Path backup) {
        assertThat(Files.exists(backup.resolve("backup.sha256"))).isTrue();
        int other = MillraceProcess.freePort();
        Map<String, String> numbers = new HashMap<>();
        try (MillraceProcess server = MillraceProcess.startServer(other, backup);
                KinesisAsyncClient kinesis = LocalClients.kinesisWithoutRetries(other)) {
            for (List<Record> shard : LocalClients.readAll(kinesis, STREAM)) {
                for (Record record : shard) {
                    assertThat(numbers.put(record.data().asUtf8String(), record.sequenceNumber()))
                            .isNull();
                }
            }
            kinesis.putRecord(request ->
                            request.streamName(STREAM).partitionKey("k").data(LocalClients.utf8("more")))
                    .join();
            assertThat(server.errorLines()).isEmpty();
        }
        return numbers;
    }
}
