package io.millrace.fanout.kinesis;

import io.millrace.model.Position;
import io.millrace.model.ShardId;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/**
 * Subscribes to shards past the SDK's machinery for calls. Where subscriptions go the SDK shows by a call that is made up to the
 * moment it would be sent. An answer that cannot be read here ends its subscription, and the SDK subscribes from then on. Safe for
 * any thread.
 */
public final class DirectSubscriptions {
    private static final Logger log = LoggerFactory.getLogger(DirectSubscriptions.class);
    private static final String SUBSCRIBE = "Kinesis_20131202.SubscribeToShard";

    /** Nothing is sent, so no service is waited for. */
    private static final Duration REHEARSAL = Duration.ofSeconds(10);

    private final KinesisAsyncClient client;
    private final SignedCalls calls;
    private final Map<String, URI> endpoints = new ConcurrentHashMap<>();
    private final AtomicBoolean unreadable = new AtomicBoolean();

    DirectSubscriptions(KinesisAsyncClient client, SignedCalls calls) {
        this.client = client;
        this.calls = calls;
    }

    /**
     * The place to which a consumer's subscriptions go.
     *
     * @return empty where the SDK has to subscribe; never fails
     */
    public CompletableFuture<Optional<URI>> endpoint(String consumerArn) {
        if (unreadable.get()) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        URI known = endpoints.get(consumerArn);
        return known == null ? rehearse(consumerArn) : CompletableFuture.completedFuture(Optional.of(known));
    }

    private CompletableFuture<Optional<URI>> rehearse(String consumerArn) {
        AtomicReference<@Nullable URI> seen = new AtomicReference<>();
        SubscribeToShardResponseHandler nobody = SubscribeToShardResponseHandler.builder()
                .subscriber(event -> {})
                .build();
        CompletableFuture<Void> call;
        try {
            call = client.subscribeToShard(
                    request -> request.consumerARN(consumerArn)
                            .shardId(ShardId.of(0).value())
                            .startingPosition(position -> position.type(ShardIteratorType.LATEST))
                            .overrideConfiguration(settings -> settings.putExecutionAttribute(EndpointWatch.SEEN, seen)
                                    .putExecutionAttribute(EndpointWatch.IS_REHEARSAL, true)
                                    .apiCallTimeout(REHEARSAL)),
                    nobody);
        } catch (RuntimeException refused) {
            // The SDK's own subscription fails as well, and says why.
            return CompletableFuture.completedFuture(Optional.empty());
        }
        return call.handle((sent, error) -> {
            URI endpoint = seen.get();
            if (endpoint != null) {
                endpoints.put(consumerArn, endpoint);
            }
            return Optional.ofNullable(endpoint);
        });
    }

    /**
     * Subscribes.
     *
     * @param endpoint where {@link #endpoint} found the consumer's subscriptions to go
     * @param listener is told what happens, one call at a time, on any thread
     */
    public DirectSubscription subscribe(
            URI endpoint, String consumerArn, ShardId shard, Position from, DirectSubscription.Listener listener) {
        DirectSubscription subscription = new DirectSubscription(calls, listener, this::cannotRead);
        subscription.open(endpoint, SUBSCRIBE, SubscribeRequest.body(consumerArn, shard, from));
        return subscription;
    }

    private void cannotRead(IllegalArgumentException why) {
        if (unreadable.compareAndSet(false, true)) {
            log.warn("a subscription's events cannot be read here, the SDK subscribes from now on", why);
        }
    }
}
