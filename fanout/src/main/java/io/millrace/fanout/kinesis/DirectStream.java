package io.millrace.fanout.kinesis;

import io.millrace.fanout.ShardIterator;
import io.millrace.fanout.ShardPage;
import io.millrace.fanout.kinesis.KinesisStreams.Address;
import io.millrace.model.Position;
import io.millrace.model.ShardId;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorResponse;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/**
 * Reads the shards of one stream past the SDK, at the endpoint that the SDK's own rules name for it: a call that is prepared and not
 * sent shows it. Safe for any thread.
 */
final class DirectStream {
    private static final Logger log = LoggerFactory.getLogger(DirectStream.class);
    private static final String GET_RECORDS = "Kinesis_20131202.GetRecords";
    private static final String GET_SHARD_ITERATOR = "Kinesis_20131202.GetShardIterator";

    /** Nothing is sent, so no service is waited for. */
    private static final Duration REHEARSAL = Duration.ofSeconds(10);

    private final KinesisAsyncClient client;
    private final @Nullable SignedCalls calls;
    private final Address address;
    /** The place of the stream's reads, once somebody has asked for it. */
    private final AtomicReference<@Nullable CompletableFuture<Optional<URI>>> endpoint = new AtomicReference<>();

    private final AtomicBoolean unreadable = new AtomicBoolean();

    DirectStream(KinesisAsyncClient client, @Nullable SignedCalls calls, Address address) {
        this.client = client;
        this.calls = calls;
        this.address = address;
    }

    /**
     * Finds a place in a shard.
     *
     * @param otherwise finds it through the SDK, where this cannot
     * @return fails with the SDK's exception when the service refuses
     */
    CompletableFuture<ShardIterator> getIterator(
            ShardId shard, Position position, Supplier<CompletableFuture<ShardIterator>> otherwise) {
        return IteratorCall.body(address, shard, position)
                .map(body -> call(GET_SHARD_ITERATOR, () -> body, IteratorCall::iterator, otherwise))
                .orElseGet(otherwise);
    }

    /**
     * Reads a page.
     *
     * @param otherwise reads it through the SDK, where this cannot
     * @return fails with the SDK's exception when the service refuses
     */
    CompletableFuture<ShardPage> getRecords(
            ShardIterator iterator, int limit, Supplier<CompletableFuture<ShardPage>> otherwise) {
        return call(
                GET_RECORDS,
                () -> RecordsRequest.body(iterator.value(), limit, address.arnOrNull()),
                answer -> RecordsAnswer.page(answer.body()),
                otherwise);
    }

    private <T> CompletableFuture<T> call(
            String target,
            Supplier<byte[]> body,
            Function<HttpAnswer, T> reading,
            Supplier<CompletableFuture<T>> otherwise) {
        SignedCalls ways = calls;
        if (ways == null || unreadable.get()) {
            return otherwise.get();
        }
        return endpoint()
                .thenCompose(found -> found.isEmpty()
                        ? otherwise.get()
                        : ways.post(found.get(), target, body.get())
                                .thenApply(answer -> reading.apply(inCbor(answer)))
                                .exceptionallyCompose(error -> otherwiseIfUnreadable(error, found.get(), otherwise)));
    }

    private static HttpAnswer inCbor(HttpAnswer answer) {
        if (!answer.isCbor()) {
            throw new IllegalArgumentException("not CBOR but '" + answer.header("Content-Type") + "'");
        }
        return answer;
    }

    private <T> CompletableFuture<T> otherwiseIfUnreadable(
            Throwable error, URI found, Supplier<CompletableFuture<T>> otherwise) {
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        if (!(cause instanceof IllegalArgumentException)) {
            return CompletableFuture.failedFuture(error);
        }
        if (unreadable.compareAndSet(false, true)) {
            log.warn("an answer of {} cannot be read here, the SDK reads from now on", found, cause);
        }
        return otherwise.get();
    }

    /** The place of the stream's reads; empty if the SDK has to read. Found out once, and again only after a failure. Never fails. */
    private CompletableFuture<Optional<URI>> endpoint() {
        CompletableFuture<Optional<URI>> known = endpoint.get();
        if (known != null) {
            return known;
        }
        CompletableFuture<Optional<URI>> mine = new CompletableFuture<>();
        CompletableFuture<Optional<URI>> others = endpoint.compareAndExchange(null, mine);
        if (others != null) {
            return others;
        }
        AtomicReference<@Nullable URI> seen = new AtomicReference<>();
        CompletableFuture<Void> unused = rehearsal(seen).handle((answer, error) -> {
            URI found = seen.get();
            if (found == null && error != null) {
                endpoint.set(null);
            }
            mine.complete(Optional.ofNullable(found));
            return null;
        });
        return mine;
    }

    private CompletableFuture<GetShardIteratorResponse> rehearsal(AtomicReference<@Nullable URI> seen) {
        try {
            return client.getShardIterator(request -> request.streamName(address.nameOrNull())
                    .streamARN(address.arnOrNull())
                    .shardId(ShardId.of(0).value())
                    .shardIteratorType(ShardIteratorType.LATEST)
                    .overrideConfiguration(settings -> settings.putExecutionAttribute(EndpointWatch.SEEN, seen)
                            .putExecutionAttribute(EndpointWatch.IS_REHEARSAL, true)
                            .apiCallTimeout(REHEARSAL)));
        } catch (RuntimeException refused) {
            // A client that is closed throws; the SDK's own call fails as well, and says why.
            return CompletableFuture.failedFuture(refused);
        }
    }
}
