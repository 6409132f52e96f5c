package io.millrace.consumer.streams;

import static java.util.Objects.requireNonNull;

import io.millrace.fanout.kinesis.DirectKinesis;
import io.millrace.fanout.kinesis.KinesisStreams;
import io.millrace.fanout.pipe.FanOutConsumer;
import io.millrace.fanout.pipe.FanOutRefusedException;
import io.millrace.fanout.pipe.KinesisPipes;
import io.millrace.fanout.pipe.ShardPipes;
import io.millrace.model.StreamName;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** A worker's pipes, and which streams may be read through them. Safe for any thread; calls do not block. */
public final class FanOut {
    private final FanOutConsumer consumer;
    private final KinesisPipes pipes;

    /**
     * Subscribes as {@code consumer}.
     *
     * @param directOrNull subscribes past the SDK where it can; absent where {@code client} subscribes
     * @param streams knows the client's streams
     */
    public FanOut(
            FanOutConsumer consumer,
            KinesisAsyncClient client,
            @Nullable DirectKinesis directOrNull,
            KinesisStreams streams) {
        this.consumer = requireNonNull(consumer, "consumer");
        this.pipes = directOrNull == null
                ? new KinesisPipes(client, streams, consumer)
                : new KinesisPipes(directOrNull, streams, consumer);
    }

    /** The subscriptions of the worker's consumer. */
    public ShardPipes pipes() {
        return pipes;
    }

    /**
     * Makes sure that {@code all} the streams of a worker can be read through pipes, and registers the consumer on those of
     * {@code added} that lack it. Nothing has changed if the streams contradict the consumer.
     *
     * @return fails with {@link FanOutRefusedException}
     */
    public CompletableFuture<Void> admit(Collection<StreamName> all, Collection<StreamName> added) {
        Optional<String> contradiction = consumer.contradiction(all);
        if (contradiction.isPresent()) {
            return CompletableFuture.failedFuture(new FanOutRefusedException(contradiction.get()));
        }
        CompletableFuture<@Nullable Void> each = CompletableFuture.completedFuture(null);
        for (StreamName stream : added) {
            each = each.thenCompose(before -> pipes.prepare(stream));
        }
        return each.thenApply(prepared -> null);
    }
}
