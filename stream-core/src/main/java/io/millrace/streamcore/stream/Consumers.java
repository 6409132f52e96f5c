package io.millrace.streamcore.stream;

import io.millrace.model.StreamName;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The registered consumers of this server's streams. Safe for any thread; nothing blocks. Where a rule of the service
 * refuses a call, the future fails (or the method throws) with a {@link StreamException}.
 *
 * <p>A change of a stream's consumers wakes who {@linkplain Streams#follow follows} one of the stream's shards.
 */
public interface Consumers {
    /** Registers a consumer, CREATING at once and ACTIVE after the transition time. Completes when durable. */
    CompletableFuture<ConsumerState> register(StreamName stream, String name, Map<String, String> tags);

    /** What a consumer is like now. */
    ConsumerState get(StreamName stream, String name) throws StreamException;

    /** Whether a consumer is still there, the very same, and may listen; cheaper than {@link #get}. */
    boolean isActive(ConsumerState consumer);

    /** The consumers of a stream by name, those that are going away too. */
    List<ConsumerState> list(StreamName stream) throws StreamException;

    /** Takes a consumer away; it stays DELETING for the transition time. Completes when durable. */
    CompletableFuture<Void> deregister(StreamName stream, String name);

    /** Replaces a consumer's tags by what {@code change} makes of them. Completes when durable. */
    CompletableFuture<Void> retag(StreamName stream, String name, UnaryOperator<Map<String, String>> change);

    /** Gives a consumer this resource policy, or none. Completes when durable. */
    CompletableFuture<Void> setPolicy(StreamName stream, String name, @Nullable String policy);
}
