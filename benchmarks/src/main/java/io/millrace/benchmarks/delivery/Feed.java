package io.millrace.benchmarks.delivery;

import io.millrace.benchmarks.coordination.LocalStack;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.runtime.Ticker;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;

/** Puts records that begin with the time of their put, under keys that spread over all shards. Belongs to one thread. */
public final class Feed {
    private static final int RECORD_BYTES = 100;
    private static final int LARGEST_PUT = 500;
    private static final int PENDING = 8;

    private final KinesisAsyncClient kinesis;
    private final Ticker ticker;
    private final String stream;
    private final int bytes;
    private long number;

    /** A feed of records of 100 bytes. */
    Feed(LocalStack stack, Ticker ticker, String stream) {
        this(stack, ticker, stream, RECORD_BYTES);
    }

    /** A feed of records of {@code bytes} bytes, 8 at least. */
    public Feed(LocalStack stack, Ticker ticker, String stream, int bytes) {
        this.kinesis = stack.kinesis();
        this.ticker = ticker;
        this.stream = stream;
        this.bytes = bytes;
    }

    /** Puts {@code records} records as fast as the server takes them, up to eight puts at once. */
    public void fill(long records) throws IOException {
        Deque<CompletableFuture<PutRecordsResponse>> pending = new ArrayDeque<>();
        for (long left = records; left > 0; left -= LARGEST_PUT) {
            pending.add(put((int) Math.min(LARGEST_PUT, left)));
            if (pending.size() == PENDING) {
                check(pending.remove().join());
            }
        }
        for (CompletableFuture<PutRecordsResponse> last : pending) {
            check(last.join());
        }
    }

    private static void check(PutRecordsResponse answer) throws IOException {
        if (answer.failedRecordCount() > 0) {
            throw new IOException(answer.failedRecordCount() + " records were refused");
        }
    }

    /** Puts {@code rate} records a second until it is closed, in 50 puts a second. */
    public Steady steady(Platform platform, int rate) {
        Steady steady = new Steady(platform.newEventLoop("feed"), Math.max(1, rate / 50), Duration.ofMillis(20));
        steady.loop.execute(steady::putAndGoOn);
        return steady;
    }

    private CompletableFuture<PutRecordsResponse> put(int count) {
        List<PutRecordsRequestEntry> entries = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            ByteBuffer data = ByteBuffer.allocate(bytes).putLong(0, ticker.nanoTime());
            entries.add(PutRecordsRequestEntry.builder()
                    .partitionKey("key-" + number++)
                    .data(SdkBytes.fromByteArrayUnsafe(data.array()))
                    .build());
        }
        return kinesis.putRecords(request -> request.streamName(stream).records(entries));
    }

    /** A pace that is kept whether answers come or not. Belongs to its loop. */
    public final class Steady implements AutoCloseable {
        private final EventLoop loop;
        private final int count;
        private final Duration pace;
        private final LongAdder failed = new LongAdder();
        private long dueAt = ticker.nanoTime();

        private Steady(EventLoop loop, int count, Duration pace) {
            this.loop = loop;
            this.count = count;
            this.pace = pace;
        }

        private void putAndGoOn() {
            var unused = put(count).whenComplete((answer, error) -> {
                failed.add(answer == null ? count : answer.failedRecordCount());
            });
            dueAt = Math.max(dueAt + pace.toNanos(), ticker.nanoTime() - pace.toNanos());
            EventLoop.Cancellable unusedTimer =
                    loop.schedule(Duration.ofNanos(Math.max(0, dueAt - ticker.nanoTime())), this::putAndGoOn);
        }

        /** How many records were refused or not answered. */
        public long failed() {
            return failed.sum();
        }

        @Override
        public void close() {
            // As a task of its own, so that none is just about to set the timer.
            loop.execute(loop::close);
        }
    }
}
