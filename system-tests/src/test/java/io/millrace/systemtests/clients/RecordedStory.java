package io.millrace.systemtests.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.systemtests.process.Waiting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;

/**
 * All that may happen to a daemon's children, in an order that no daemon can change: records with deeds for checkpoints, an aggregate
 * and a key beyond ASCII, a split, a lease that is stolen while its child waits, and a daemon that is told to end. It happens to several
 * streams at once; the notes of each are in the folder of its name. Belongs to one test.
 */
final class RecordedStory {
    private static final String PARENT = "shardId-000000000000";
    private static final String STOLEN = "shardId-000000000001";
    private static final String KEPT = "shardId-000000000002";
    private static final String MIDDLE = "170141183460469231731687303715884105728";

    private final KinesisAsyncClient kinesis;
    private final Path folder;
    private final List<String> streams;

    /** A story of these streams, whose notes are below {@code folder}. */
    RecordedStory(KinesisAsyncClient kinesis, Path folder, List<String> streams) {
        this.kinesis = kinesis;
        this.folder = folder;
        this.streams = streams;
    }

    /** Gives the lease of a shard to somebody else, behind the back of its owner. */
    @FunctionalInterface
    interface Thief {
        void steal(String stream, String shard);
    }

    /** Makes the streams with their first records, before there is a daemon: it gets them in one batch. */
    void begin() throws Exception {
        for (String stream : streams) {
            Files.createDirectory(folder.resolve(stream));
            kinesis.createStream(request -> request.streamName(stream).shardCount(1))
                    .join();
            put(
                    stream,
                    record("k\u00e4y \ud83d\ude00", "nothing", "0"),
                    PutRecordsRequestEntry.builder()
                            .partitionKey("aggregate")
                            .data(SdkBytes.fromByteArray(Aggregate.of("inner", List.of("nothing", "here", "nothing"))))
                            .build(),
                    record("plain", "number", "0"),
                    record("plain", "nothing", "0"));
        }
    }

    /** Goes on to the end, which is that of the daemon. */
    void go(DaemonRun daemon, Thief thief) throws Exception {
        awaitAll(daemon, PARENT, "processRecords", 1);
        for (String stream : streams) {
            put(
                    stream,
                    record("plain", "below", "0"),
                    record("plain", "beyond", "0"),
                    record("plain", "noise", "0"),
                    record("plain", "negative", "0"),
                    record("plain", "all", "0"),
                    record("plain", "beyond", "0"));
        }
        awaitAll(daemon, PARENT, "processRecords", 2);
        for (String stream : streams) {
            kinesis.splitShard(request ->
                            request.streamName(stream).shardToSplit(PARENT).newStartingHashKey(MIDDLE))
                    .join();
            Waiting.until(() -> kinesis.describeStreamSummary(request -> request.streamName(stream))
                            .join()
                            .streamDescriptionSummary()
                            .streamStatus()
                    == StreamStatus.ACTIVE);
            put(stream, record("low", "nothing", "0"), record("high", "here", MIDDLE));
        }
        awaitAll(daemon, STOLEN, "processRecords", 1);
        awaitAll(daemon, KEPT, "processRecords", 1);
        for (String stream : streams) {
            put(stream, record("low", "wait", "0"));
        }
        for (String stream : streams) {
            daemon.await(() -> said(stream, STOLEN).contains("d2FpdA=="));
            thief.steal(stream, STOLEN);
            Files.createFile(folder.resolve(stream).resolve("go"));
        }
        awaitAll(daemon, STOLEN, "leaseLost", 1);
        daemon.terminate();
        int unused = daemon.exitCode();
        for (String stream : streams) {
            assertThat(said(stream, KEPT)).as("%s", daemon).contains("leaseLost");
        }
    }

    private void awaitAll(DaemonRun daemon, String shard, String action, int count) throws InterruptedException {
        for (String stream : streams) {
            daemon.await(() -> said(stream, shard)
                            .lines()
                            .filter(line ->
                                    line.startsWith("> ") && line.contains("\"responseFor\"") && line.contains(action))
                            .count()
                    >= count);
        }
    }

    private String said(String stream, String shard) {
        Path notes = folder.resolve(stream).resolve(shard);
        try {
            return Files.exists(notes) ? Files.readString(notes) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void put(String stream, PutRecordsRequestEntry... entries) {
        assertThat(kinesis.putRecords(request -> request.streamName(stream).records(entries))
                        .join()
                        .failedRecordCount())
                .isZero();
    }

    private static PutRecordsRequestEntry record(String key, String deed, String hashKey) {
        return PutRecordsRequestEntry.builder()
                .partitionKey(key)
                .explicitHashKey(hashKey)
                .data(SdkBytes.fromUtf8String(deed))
                .build();
    }
}
