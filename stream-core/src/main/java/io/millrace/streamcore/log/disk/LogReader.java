package io.millrace.streamcore.log.disk;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.log.LogBatch;
import io.millrace.streamcore.log.LogClosedException;
import io.millrace.streamcore.log.LogException;
import io.millrace.streamcore.log.LogFailedException;
import io.millrace.streamcore.log.LogProbe;
import io.millrace.streamcore.log.ShardBounds;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;

/**
 * Reads one log. Batches that are still cached are answered at once, on the caller's thread and without the disk; others
 * by a reader thread that goes to the file. Safe for any thread.
 */
final class LogReader {
    private final String name;
    private final Executor readers;
    private final LogProbe probe;
    private final BatchCache cache;
    private final BooleanSupplier isClosed;

    LogReader(String name, LogContext context, BatchCache cache, BooleanSupplier isClosed) {
        this.name = requireNonNull(name, "name");
        this.readers = context.readers();
        this.probe = context.probe();
        this.cache = requireNonNull(cache, "cache");
        this.isClosed = requireNonNull(isClosed, "isClosed");
    }

    CompletableFuture<List<LogBatch>> read(ShardTail tail, long index, int maxRecords, int maxBytes) {
        List<LogBatch> cached = new Page(tail, cache, index, maxRecords, maxBytes).readCached();
        if (!cached.isEmpty() || index >= tail.end()) {
            if (!cached.isEmpty()) {
                probe.readCached();
            }
            return CompletableFuture.completedFuture(cached);
        }
        probe.readFromDisk();
        return onDisk(() -> new Page(tail, cache, index, maxRecords, maxBytes).readAll());
    }

    CompletableFuture<Long> findTime(ShardTail tail, long timeMillis) {
        ShardBounds bounds = tail.bounds();
        if (bounds.lastTimeMillis() < timeMillis) {
            return CompletableFuture.completedFuture(bounds.end());
        }
        return onDisk(() -> find(tail, timeMillis));
    }

    private static long find(ShardTail tail, long timeMillis) throws IOException {
        List<ShardTail.Span> spans = tail.spans();
        for (int at = spanBefore(spans, timeMillis); at >= 0 && at < spans.size(); at++) {
            ShardTail.Span span = spans.get(at);
            ShardIndex rows = span.segment().index().shard(tail.shard());
            int row = rows == null ? 0 : rows.rowAtTime(timeMillis);
            if (rows != null && row < rows.size()) {
                return rows.firstIndex(row);
            }
        }
        return spans.isEmpty() ? tail.end() : tail.bounds().end();
    }

    /** The last span that begins before the moment, else the first one. */
    private static int spanBefore(List<ShardTail.Span> spans, long timeMillis) {
        int at = spans.size() - 1;
        while (at > 0 && spans.get(at).firstTimeMillis() >= timeMillis) {
            at--;
        }
        return at;
    }

    private <T> CompletableFuture<T> onDisk(DiskRead<T> read) {
        CompletableFuture<T> done = new CompletableFuture<>();
        try {
            readers.execute(() -> attempt(read, done));
        } catch (RejectedExecutionException closed) {
            done.completeExceptionally(new LogClosedException(name));
        }
        return done;
    }

    private <T> void attempt(DiskRead<T> read, CompletableFuture<T> done) {
        try {
            done.complete(read.run());
        } catch (LogException e) {
            done.completeExceptionally(e);
        } catch (ClosedChannelException e) {
            if (isClosed.getAsBoolean()) {
                done.completeExceptionally(new LogClosedException(name));
            } else {
                // The segment went with its retention meanwhile: look again at what is left.
                attempt(read, done);
            }
        } catch (IOException e) {
            done.completeExceptionally(
                    new LogFailedException("reading the log " + name + " failed (" + e.getMessage() + ")", e));
        }
    }

    @FunctionalInterface
    private interface DiskRead<T> {
        T run() throws IOException;
    }

    /** The batches of one answer. */
    private static final class Page {
        private final ShardTail tail;
        private final BatchCache cache;
        private final int maxRecords;
        private final int maxBytes;
        private final List<LogBatch> batches = new ArrayList<>();
        private long next;
        private long records;
        private long bytes;

        Page(ShardTail tail, BatchCache cache, long index, int maxRecords, int maxBytes) {
            this.tail = tail;
            this.cache = cache;
            this.next = Math.max(0, index);
            this.maxRecords = maxRecords;
            this.maxBytes = maxBytes;
        }

        /** As far as the cache goes. */
        List<LogBatch> readCached() {
            List<ShardTail.Span> spans = spansFromNext();
            for (ShardTail.Span span : spans) {
                SegmentIndex index = span.segment().indexIfLoaded();
                ShardIndex rows = index == null ? null : index.shard(tail.shard());
                if (rows == null || !takeCached(span.segment(), rows)) {
                    break;
                }
            }
            return batches;
        }

        /** Cached or not, until a limit or the shard's end. */
        List<LogBatch> readAll() throws IOException {
            for (ShardTail.Span span : spansFromNext()) {
                ShardIndex rows = span.segment().index().shard(tail.shard());
                if (rows != null && !takeAll(span.segment(), rows)) {
                    break;
                }
            }
            return batches;
        }

        private List<ShardTail.Span> spansFromNext() {
            List<ShardTail.Span> spans = tail.spans();
            if (spans.isEmpty()) {
                return spans;
            }
            next = Math.max(next, spans.get(0).firstIndex());
            int at = spans.size() - 1;
            while (at > 0 && spans.get(at).firstIndex() > next) {
                at--;
            }
            return spans.subList(at, spans.size());
        }

        private boolean takeCached(Segment segment, ShardIndex rows) {
            int size = rows.size();
            for (int row = firstRow(rows); row < size; row++) {
                LogBatch batch = cache.find(segment, rows, row);
                if (batch == null || !take(batch)) {
                    return false;
                }
            }
            return true;
        }

        private boolean takeAll(Segment segment, ShardIndex rows) throws IOException {
            int size = rows.size();
            for (int row = firstRow(rows); row < size; row++) {
                LogBatch batch = cache.find(segment, rows, row);
                if (!take(batch != null ? batch : segment.read(tail.shard(), rows, row))) {
                    return false;
                }
            }
            return true;
        }

        private int firstRow(ShardIndex rows) {
            return next >= rows.endIndex() ? rows.size() : Math.max(0, rows.rowOf(next));
        }

        /** Adds a batch; false once a limit is reached. */
        private boolean take(LogBatch batch) {
            batches.add(batch);
            records += batch.endIndex() - Math.max(next, batch.firstIndex());
            bytes += batch.size();
            next = batch.endIndex();
            return records < maxRecords && bytes < maxBytes;
        }
    }
}
