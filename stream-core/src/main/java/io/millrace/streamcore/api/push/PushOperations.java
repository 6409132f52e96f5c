package io.millrace.streamcore.api.push;

import io.millrace.runtime.Platform;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.stream.Streams;
import java.time.InstantSource;
import java.util.Map;

/** The operation of this package and the loops that it works on, for all accounts. Safe for any thread. */
public final class PushOperations implements AutoCloseable {
    /** With more, shards would have to be many and busy to keep them so. */
    private static final int MOST_LOOPS = 4;

    private final PushLoops subscriptions;
    private final InstantSource clock;

    /** No subscriptions yet. */
    public PushOperations(PushSettings settings, Platform platform) {
        this.subscriptions = new PushLoops(
                settings, platform, Math.min(MOST_LOOPS, Runtime.getRuntime().availableProcessors()));
        this.clock = platform.clock();
    }

    /** The operation by its name in the API, for the shards of these streams. */
    public Map<String, Operation> of(Streams streams, StreamAddress address) {
        return Map.of("SubscribeToShard", new SubscribeToShard(streams, address, clock, subscriptions));
    }

    /** Ends all subscriptions without a word: to be called when the transport has ended their answers. */
    @Override
    public void close() {
        subscriptions.close();
    }
}
