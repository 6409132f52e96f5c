package io.millrace.consumer.streams;

import io.millrace.fanout.ShardReader;
import io.millrace.fanout.ShardReaders;
import io.millrace.fanout.pipe.ShardPipes;
import io.millrace.lease.ShardDirectory;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.runtime.EventLoop;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The stream service as one worker sees it: each stream that the worker reads stands behind a {@link StreamGuard} of its
 * own. A leader also looks at streams that only other workers read; those are passed through, and the leader compares
 * them with the table.
 *
 * <p>Safe for any thread; streams come and go on the worker's event loop.
 */
public final class GuardedStreams implements ShardDirectory, ShardReaders {
    private final ShardDirectory directory;
    private final ShardReaders readers;
    private final EventLoop loop;
    private final BiConsumer<StreamName, String> onGone;
    private final Map<StreamName, StreamGuard> guards = new ConcurrentHashMap<>();

    /**
     * Guards what the service says.
     *
     * @param onGone is told on {@code loop}, once for each stream that is gone, which one and in one line why
     */
    public GuardedStreams(
            ShardDirectory directory, ShardReaders readers, EventLoop loop, BiConsumer<StreamName, String> onGone) {
        this.directory = directory;
        this.readers = readers;
        this.loop = loop;
        this.onGone = onGone;
    }

    /** The worker reads {@code stream} from now on. */
    public void add(StreamName stream) {
        guards.computeIfAbsent(
                stream, name -> new StreamGuard(name, directory, readers, loop, reason -> onGone.accept(name, reason)));
    }

    /** The worker has let go of {@code stream}; should it come back, whatever is there then is the stream. */
    public void forget(StreamName stream) {
        StreamGuard guard = guards.remove(stream);
        if (guard != null) {
            guard.retire();
        }
    }

    @Override
    public CompletableFuture<StreamIdentity> identify(StreamName stream) {
        return directory(stream).identify(stream);
    }

    @Override
    public CompletableFuture<List<Shard>> listShards(StreamName stream) {
        return directory(stream).listShards(stream);
    }

    @Override
    public CompletableFuture<List<Shard>> listShardsSince(StreamName stream, Instant since) {
        return directory(stream).listShardsSince(stream, since);
    }

    @Override
    public CompletableFuture<Instant> serviceTime(StreamName stream) {
        return directory.serviceTime(stream);
    }

    @Override
    public ShardReader reader(StreamName stream, ShardId shard) {
        StreamGuard guard = guards.get(stream);
        return (guard != null ? guard : readers).reader(stream, shard);
    }

    /** The same guard before pipes. */
    public ShardPipes pipes(ShardPipes pipes) {
        return new GuardedPipes(pipes, this::identify);
    }

    private ShardDirectory directory(StreamName stream) {
        @Nullable StreamGuard guard = guards.get(stream);
        return guard != null ? guard : directory;
    }
}
