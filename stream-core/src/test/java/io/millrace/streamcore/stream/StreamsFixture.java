package io.millrace.streamcore.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.Bytes;
import io.millrace.model.HashKey;
import io.millrace.model.Position;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import io.millrace.streamcore.log.FsyncPolicy;
import io.millrace.streamcore.log.LogSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Streams in a directory of a test's own, with the steps that tests take often. */
final class StreamsFixture implements AutoCloseable {
    static final StreamName ORDERS = new StreamName("orders");
    static final ShardId FIRST = ShardId.of(0);
    static final int PAGE = 1 << 20;

    private final StreamsSettings settings;
    private Streams streams;

    StreamsFixture(Path directory) {
        this(directory, new SystemPlatform());
    }

    StreamsFixture(Path directory, Platform platform) {
        this(StreamsSettings.in(directory, platform)
                .withTransitionTime(Duration.ZERO)
                .withLog(LogSettings.DEFAULTS.withFsync(FsyncPolicy.NEVER)));
    }

    StreamsFixture(StreamsSettings settings) {
        this.settings = settings;
        this.streams = Streams.open(settings);
    }

    Streams streams() {
        return streams;
    }

    /** Closes and opens again. */
    void restart() {
        streams.close();
        streams = Streams.open(settings);
    }

    static <T> T await(CompletableFuture<T> future) throws Exception {
        return future.get(20, TimeUnit.SECONDS);
    }

    static NewRecord record(String key, String data) {
        return new NewRecord(key, null, Bytes.utf8(data));
    }

    static NewRecord recordAt(HashKey hash, String key, String data) {
        return new NewRecord(key, hash, Bytes.utf8(data));
    }

    void create(int shards) throws Exception {
        await(streams.create(ORDERS, shards));
    }

    Streams.PutAnswer put(String key, String data) throws Exception {
        return await(streams.put(ORDERS, List.of(record(key, data)))).answers().get(0);
    }

    List<Shard> openShards() {
        return streams.get(ORDERS).shards().stream().filter(Shard::isOpen).toList();
    }

    ShardCursor seek(ShardId shard, Position position) throws Exception {
        return await(streams.seek(ORDERS, shard, position));
    }

    /** All records from a place to the tip, page by page. */
    List<StreamRecord> readAll(ShardId shard, Position from, int pageRecords, int pageBytes) throws Exception {
        List<StreamRecord> records = new ArrayList<>();
        @Nullable ShardCursor cursor = seek(shard, from);
        while (cursor != null) {
            ReadPage page = await(streams.read(cursor, pageRecords, pageBytes));
            assertThat(page.records()).hasSizeLessThanOrEqualTo(pageRecords);
            records.addAll(page.records());
            cursor = page.records().isEmpty() ? null : page.nextOrNull();
        }
        return records;
    }

    List<String> texts(ShardId shard) throws Exception {
        return texts(readAll(shard, Position.trimHorizon(), 100, PAGE));
    }

    static List<String> texts(List<StreamRecord> records) {
        return records.stream().map(record -> record.data().toUtf8()).toList();
    }

    @Override
    public void close() {
        streams.close();
    }
}
