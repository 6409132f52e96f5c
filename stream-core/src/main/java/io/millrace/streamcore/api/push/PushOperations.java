package io.millrace.streamcore.api.push;

import io.millrace.runtime.Platform;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.stream.Streams;
import java.util.Map;

/** The operation of this package and the loop that it works on. Safe for any thread. */
public final class PushOperations implements AutoCloseable {
    private final Subscriptions subscriptions;
    private final Map<String, Operation> operations;

    /** Subscriptions to the shards of these streams. */
    public PushOperations(Streams streams, StreamAddress address, PushSettings settings, Platform platform) {
        this.subscriptions = new Subscriptions(streams, settings, platform);
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
