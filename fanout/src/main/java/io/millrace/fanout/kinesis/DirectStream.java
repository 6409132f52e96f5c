package io.millrace.fanout.kinesis;

import io.millrace.fanout.ShardIterator;
import io.millrace.fanout.ShardPage;
import java.net.URI;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;

/** Reads the shards of one stream where a call of the SDK has shown where they are read. Safe for any thread. */
public final class DirectStream {
    private static final Logger log = LoggerFactory.getLogger(DirectStream.class);
    private static final String GET_RECORDS = "Kinesis_20131202.GetRecords";

    private final @Nullable SignedCalls calls;
    private final @Nullable String arn;
    private final AtomicReference<@Nullable URI> endpoint = new AtomicReference<>();
    private final AtomicBoolean unreadable = new AtomicBoolean();

    DirectStream(@Nullable SignedCalls calls, @Nullable String arn) {
        this.calls = calls;
        this.arn = arn;
    }

    /** Lets a call of the SDK to this stream, such as GetShardIterator, show where records are read. */
    public void watch(AwsRequestOverrideConfiguration.Builder call) {
        call.putExecutionAttribute(EndpointWatch.SEEN, endpoint);
    }

    /**
     * Reads a page.
     *
     * @param otherwise reads it through the SDK: as long as no call has shown where, and when an answer cannot be read here
     * @return fails with the SDK's exception when the service refuses
     */
    public CompletableFuture<ShardPage> getRecords(
            ShardIterator iterator, int limit, Supplier<CompletableFuture<ShardPage>> otherwise) {
        URI known = endpoint.get();
        SignedCalls ways = calls;
        if (known == null || ways == null || unreadable.get()) {
            return otherwise.get();
        }
        return ways.post(known, GET_RECORDS, RecordsRequest.body(iterator.value(), limit, arn))
                .thenApply(DirectStream::page)
                .exceptionallyCompose(error -> {
                    Throwable cause =
                            error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
                    if (!(cause instanceof IllegalArgumentException)) {
                        return CompletableFuture.failedFuture(error);
                    }
                    if (unreadable.compareAndSet(false, true)) {
                        log.warn("an answer of {} cannot be read here, the SDK reads from now on", known, cause);
                    }
                    return otherwise.get();
                });
    }

    private static ShardPage page(HttpAnswer answer) {
        if (!answer.isCbor()) {
            throw new IllegalArgumentException("not CBOR but '" + answer.header("Content-Type") + "'");
        }
        return RecordsAnswer.page(answer.body());
    }
}
