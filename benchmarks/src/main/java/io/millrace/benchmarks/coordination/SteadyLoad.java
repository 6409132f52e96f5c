package io.millrace.benchmarks.coordination;

import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.runtime.Ticker;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;

/**
 * Puts one numbered record under each of so many evenly spread hash keys, again and again at a fixed pace, whether the one
 * before was answered or not: so that every shard always has something new, and time that a shard stands still is seen.
 *
 * <p>Owns an event loop, to which everything mutable belongs.
 */
final class SteadyLoad implements AutoCloseable {
    private static final BigInteger KEYS = BigInteger.ONE.shiftLeft(128);
    private static final int MOST_PENDING = 50;

    private final KinesisAsyncClient kinesis;
    private final String stream;
    private final int keys;
    private final Duration pace;
    private final Ticker ticker;
    private final EventLoop loop;
    private long number;
    private long dueAt;
    private int pending;
    private final LongAdder failed = new LongAdder();

    private SteadyLoad(Platform platform, KinesisAsyncClient kinesis, String stream, int keys, Duration pace) {
        this.kinesis = kinesis;
        this.stream = stream;
        this.keys = keys;
        this.pace = pace;
        this.ticker = platform.ticker();
        this.loop = platform.newEventLoop("load");
        this.dueAt = ticker.nanoTime();
    }

    static SteadyLoad start(Platform platform, KinesisAsyncClient kinesis, String stream, int keys, Duration pace) {
        SteadyLoad load = new SteadyLoad(platform, kinesis, stream, keys, pace);
        load.loop.execute(load::putAndGoOn);
        return load;
    }

    /** How many records were refused or not answered. */
    long failed() {
        return failed.sum();
    }

    @Override
    public void close() {
        // As a task of its own, so that none is just about to set the timer.
        loop.execute(loop::close);
    }

    private void putAndGoOn() {
        if (pending < MOST_PENDING) {
            put();
        }
        dueAt = Math.max(dueAt + pace.toNanos(), ticker.nanoTime() - pace.toNanos());
        EventLoop.Cancellable unused =
                loop.schedule(Duration.ofNanos(Math.max(0, dueAt - ticker.nanoTime())), this::putAndGoOn);
    }

    private void put() {
        List<PutRecordsRequestEntry> entries = new ArrayList<>();
        for (int key = 0; key < keys; key++) {
            entries.add(PutRecordsRequestEntry.builder()
                    .partitionKey("key-" + key)
                    .explicitHashKey(middleOf(key))
                    .data(SdkBytes.fromUtf8String(Long.toString(number++)))
                    .build());
        }
        pending++;
        loop.whenComplete(
                kinesis.putRecords(request -> request.streamName(stream).records(entries)), (answer, error) -> {
                    pending--;
                    failed.add(answer == null ? entries.size() : answer.failedRecordCount());
                });
    }

    private String middleOf(int key) {
        return KEYS.multiply(BigInteger.valueOf(2L * key + 1))
                .divide(BigInteger.valueOf(2L * keys))
                .toString();
    }
}
