package io.millrace.streamcore.log.disk;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.log.AppendedBatches;
import io.millrace.streamcore.log.LogBatch;
import io.millrace.streamcore.log.LogClosedException;
import io.millrace.streamcore.log.LogException;
import io.millrace.streamcore.log.LogFailedException;
import io.millrace.streamcore.log.LogKeyException;
import io.millrace.streamcore.log.NewBatches;
import io.millrace.streamcore.log.ShardBounds;
import io.millrace.streamcore.log.ShardLog;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A stream's log in local files. Producers' threads queue what they append; one task on the writer's loop takes all that
 * is queued as one group. Everything that changes belongs to that loop; the queue and what {@link ShardTail} publishes are
 * for any thread.
 */
final class DiskShardLog implements ShardLog {
    private final LogContext context;
    private final String name;
    private final Path directory;
    private final ConcurrentMap<Integer, ShardTail> shards;
    private final LogWriter writer;
    private final LogReader reader;
    private final Queue<Pending> queue = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private volatile boolean closed;

    private DiskShardLog(LogContext context, String name, Path directory, LogRecovery found) throws IOException {
        this.context = requireNonNull(context, "context");
        this.name = requireNonNull(name, "name");
        this.directory = requireNonNull(directory, "directory");
        this.shards = found.shards();
        this.writer = new LogWriter(context, directory, shards, new SegmentChain(context, directory, found));
        this.reader = new LogReader(name, context, writer.cache(), () -> closed);
    }

    /** Opens a log, and makes it if there is none and it may be new. On the writer's loop; blocks. */
    static DiskShardLog open(LogContext context, String name, Path directory, boolean mayBeNew) throws IOException {
        LogRecovery recovery =
                new LogRecovery(context, directory, context.mark().end(name));
        recovery.run(mayBeNew);
        DiskShardLog opened = new DiskShardLog(context, name, directory, recovery);
        opened.writer.begin();
        return opened;
    }

    @Override
    public CompletableFuture<AppendedBatches> append(NewBatches batches) {
        Pending.Append append = new Pending.Append(batches);
        enqueue(append);
        return append.done();
    }

    @Override
    public CompletableFuture<ShardBounds> seal(int shard) {
        Pending.Seal seal = new Pending.Seal(shard);
        enqueue(seal);
        return seal.done();
    }

    @Override
    public CompletableFuture<List<LogBatch>> read(int shard, long index, int maxRecords, int maxBytes) {
        if (closed) {
            return CompletableFuture.failedFuture(new LogClosedException(name));
        }
        ShardTail tail = shards.get(shard);
        return tail == null
                ? CompletableFuture.completedFuture(List.of())
                : reader.read(tail, index, maxRecords, maxBytes);
    }

    @Override
    public CompletableFuture<Long> findTime(int shard, long timeMillis) {
        if (closed) {
            return CompletableFuture.failedFuture(new LogClosedException(name));
        }
        ShardTail tail = shards.get(shard);
        return tail == null ? CompletableFuture.completedFuture(0L) : reader.findTime(tail, timeMillis);
    }

    @Override
    public ShardBounds bounds(int shard) {
        ShardTail tail = shards.get(shard);
        return tail == null ? new ShardBounds(0, 0, 0, false) : tail.bounds();
    }

    @Override
    public Runnable follow(int shard, Runnable listener) {
        return shards.computeIfAbsent(shard, ShardTail::new).follow(listener);
    }

    @Override
    public CompletableFuture<Void> truncateBefore(long timeMillis) {
        return onLoop(() -> {
                    if (!closed) {
                        writer.truncateBefore(timeMillis);
                    }
                    return true;
                })
                .thenApply(truncated -> null);
    }

    @Override
    public CompletableFuture<Void> encrypt(boolean isWanted) {
        // Not through the loop's usual way: a key that cannot be made says nothing about the log.
        return onLoop(() -> {
                    try {
                        writer.segments().encrypt(isWanted);
                    } catch (IOException e) {
                        throw new LogKeyException(
                                "Cannot make an encryption key (" + e + "). Name the file of one by --encryption-key");
                    }
                    return true;
                })
                .thenApply(done -> null);
    }

    /** Writes what is queued and closes the files; answers where the log ends, if that is sure. */
    CompletableFuture<Optional<CleanMark.End>> close(boolean lastWord) {
        return onLoop(() -> {
            if (closed) {
                return Optional.empty();
            }
            writeQueued();
            closed = true;
            refuseQueued();
            return writer.close(lastWord || context.mark().isChanged());
        });
    }

    /** Closes the log and deletes its files. */
    CompletableFuture<Void> drop() {
        return onLoop(() -> {
                    context.folder().checkNotLost();
                    if (!closed) {
                        closed = true;
                        refuseQueued();
                        writer.abandon();
                    }
                    context.mark().remove();
                    delete(context.files(), directory);
                    return true;
                })
                .thenApply(deleted -> null);
    }

    /** Deletes a closed log's files. Blocks. */
    static void delete(DiskFiles files, Path directory) throws IOException {
        for (String file : files.list(directory)) {
            files.delete(directory.resolve(file));
        }
        files.delete(directory);
    }

    private void enqueue(Pending pending) {
        LogFailedException failure = writer.failure();
        if (failure != null) {
            pending.fail(failure);
            return;
        }
        queue.add(pending);
        if (scheduled.compareAndSet(false, true)) {
            try {
                context.loop().execute(this::writeQueued);
            } catch (RejectedExecutionException e) {
                refuseQueued();
            }
        }
        if (closed) {
            refuseQueued();
        }
    }

    private void writeQueued() {
        // Before the queue is emptied: what is added from now on asks for a task of its own.
        scheduled.set(false);
        if (closed) {
            refuseQueued();
            return;
        }
        List<Pending> group = new ArrayList<>();
        for (Pending next = queue.poll(); next != null; next = queue.poll()) {
            group.add(next);
        }
        if (!group.isEmpty()) {
            writer.write(group);
        }
    }

    private void refuseQueued() {
        for (Pending next = queue.poll(); next != null; next = queue.poll()) {
            next.fail(new LogClosedException(name));
        }
    }

    private <T> CompletableFuture<T> onLoop(LoopTask<T> task) {
        CompletableFuture<T> done = new CompletableFuture<>();
        try {
            context.loop().execute(() -> {
                try {
                    done.complete(task.run());
                } catch (IOException e) {
                    done.completeExceptionally(writer.poison(e));
                } catch (LogException e) {
                    done.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            done.completeExceptionally(new LogClosedException(name));
        }
        return done;
    }

    @FunctionalInterface
    private interface LoopTask<T> {
        T run() throws IOException;
    }
}
