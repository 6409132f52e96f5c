package io.millrace.consumer;

import io.millrace.fanout.ShardReader;
import io.millrace.fanout.ShardReaders;
import io.millrace.lease.ShardDirectory;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.runtime.EventLoop;
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
final class GuardedStreams implements ShardDirectory, ShardReaders {
    private final WorkerBackend backend;
    private final EventLoop loop;
    private final BiConsumer<StreamName, String> onGone;
    private final Map<StreamName, StreamGuard> guards = new ConcurrentHashMap<>();

    /** Guards what {@code backend} says; {@code onGone} is told on the loop, once for each stream that is gone. */
    GuardedStreams(WorkerBackend backend, EventLoop loop, BiConsumer<StreamName, String> onGone) {
        this.backend = backend;
        this.loop = loop;
        this.onGone = onGone;
    }

    /** The worker reads {@code stream} from now on. */
    void add(StreamName stream) {
        guards.computeIfAbsent(
                stream, name -> new StreamGuard(name, backend, loop, reason -> onGone.accept(name, reason)));
    }

    /** The worker has let go of {@code stream}; should it come back, whatever is there then is the stream. */
    void forget(StreamName stream) {
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
    public ShardReader reader(StreamName stream, ShardId shard) {
        StreamGuard guard = guards.get(stream);
        return (guard != null ? guard : backend.readers()).reader(stream, shard);
    }

    private ShardDirectory directory(StreamName stream) {
        @Nullable StreamGuard guard = guards.get(stream);
        return guard != null ? guard : backend.directory();
    }
}
