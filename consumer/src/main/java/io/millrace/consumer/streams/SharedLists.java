package io.millrace.consumer.streams;

import io.millrace.lease.ShardDirectory;
import io.millrace.model.Shard;
import io.millrace.model.StreamName;
import io.millrace.runtime.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;

/**
 * Lists shards for many consumers at once: one call of a stream at a time answers all who had asked before it was made. A
 * call that does not come back fails after a while, so that no shard waits for it for ever.
 *
 * <p>Belongs to the worker's event loop.
 */
public final class SharedLists implements ShardDirectory {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final ShardDirectory directory;
    private final EventLoop loop;
    private final Map<StreamName, List<CompletableFuture<List<Shard>>>> waiting = new HashMap<>();
    private final Map<StreamName, List<CompletableFuture<List<Shard>>>> asking = new HashMap<>();

    /** Lists that come from {@code directory}. */
    public SharedLists(ShardDirectory directory, EventLoop loop) {
        this.directory = directory;
        this.loop = loop;
    }

    @Override
    public CompletableFuture<StreamIdentity> identify(StreamName stream) {
        return directory.identify(stream);
    }

    @Override
    public CompletableFuture<List<Shard>> listShards(StreamName stream) {
        CompletableFuture<List<Shard>> answer = new CompletableFuture<>();
        waiting.computeIfAbsent(stream, name -> new ArrayList<>()).add(answer);
        ask(stream);
        return answer;
    }

    private void ask(StreamName stream) {
        if (asking.containsKey(stream)) {
            return;
        }
        List<CompletableFuture<List<Shard>>> asked = waiting.remove(stream);
        if (asked == null) {
            return;
        }
        asking.put(stream, asked);
        CompletableFuture<List<Shard>> call = directory.listShards(stream).copy();
        EventLoop.Cancellable limit = loop.schedule(
                PATIENCE, () -> call.completeExceptionally(new TimeoutException("no answer within " + PATIENCE)));
        loop.whenComplete(call, (shards, error) -> {
            limit.cancel();
            asking.remove(stream);
            for (CompletableFuture<List<Shard>> answer : asked) {
                if (error != null) {
                    answer.completeExceptionally(error);
                } else {
                    answer.complete(shards);
                }
            }
            ask(stream);
        });
    }
}
