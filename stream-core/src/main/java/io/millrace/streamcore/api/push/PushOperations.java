package io.millrace.streamcore.api.push;

import io.millrace.runtime.Platform;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.stream.Streams;
import java.util.Map;

/** The operation of this package and the loops that it works on. Safe for any thread. */
public final class PushOperations implements AutoCloseable {
    /** With more, shards would have to be many and busy to keep them so. */
    private static final int MOST_LOOPS = 4;

    private final PushLoops subscriptions;
    private final Map<String, Operation> operations;

    /** Subscriptions to the shards of these streams. */
    public PushOperations(Streams streams, StreamAddress address, PushSettings settings, Platform platform) {
        this.subscriptions = new PushLoops(
                streams,
                settings,
                platform,
                Math.min(MOST_LOOPS, Runtime.getRuntime().availableProcessors()));
        this.operations =
                Map.of("SubscribeToShard", new SubscribeToShard(streams, address, platform.clock(), subscriptions));
    }

    /** It by its name in the API. */
    public Map<String, Operation> all() {
        return operations;
    }

    /** Ends all subscriptions without a word: to be called when the transport has ended their answers. */
    @Override
    public void close() {
        subscriptions.close();
    }
}
