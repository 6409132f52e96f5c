package io.millrace.consumer.streams;

import io.millrace.fanout.kinesis.KinesisStreams;
import io.millrace.lease.ServiceTimeMissingException;
import io.millrace.lease.ShardDirectory;
import io.millrace.lease.StreamNotFoundException;
import io.millrace.lease.StreamRefusedException;
import io.millrace.model.Shard;
import io.millrace.model.StreamName;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import software.amazon.awssdk.awscore.exception.AwsServiceException;

/** Tells lease coordination about the streams of the Kinesis service. Safe for any thread. */
public final class KinesisShardDirectory implements ShardDirectory {
    /** Answers that stay the same however often a client asks. */
    private static final Set<String> REFUSALS = Set.of(
            "AccessDeniedException",
            "ExpiredTokenException",
            "IncompleteSignature",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "MissingAuthenticationTokenException",
            "UnrecognizedClientException",
            "ValidationException");

    private final KinesisStreams streams;

    /** Asks {@code streams}. */
    public KinesisShardDirectory(KinesisStreams streams) {
        this.streams = streams;
    }

    @Override
    public CompletableFuture<StreamIdentity> identify(StreamName stream) {
        return streams.describe(stream)
                .thenApply(found -> found.map(it -> new StreamIdentity(it.arn(), it.created()))
                        .orElseThrow(() -> new StreamNotFoundException(stream)))
                .exceptionallyCompose(error -> CompletableFuture.failedFuture(translate(stream, error)));
    }

    private static Throwable translate(StreamName stream, Throwable error) {
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        if (cause instanceof AwsServiceException answer
                && answer.awsErrorDetails() != null
                && REFUSALS.contains(answer.awsErrorDetails().errorCode())) {
            return new StreamRefusedException(
                    "Kinesis refuses DescribeStreamSummary of stream " + stream + ": "
                            + answer.awsErrorDetails().errorCode() + ": "
                            + answer.awsErrorDetails().errorMessage() + "; check the credentials and their permissions",
                    cause);
        }
        return cause;
    }

    @Override
    public CompletableFuture<List<Shard>> listShards(StreamName stream) {
        return orMissing(stream, streams.shards(stream));
    }

    @Override
    public CompletableFuture<List<Shard>> listShardsSince(StreamName stream, Instant since) {
        return orMissing(stream, streams.shardsSince(stream, since));
    }

    @Override
    public CompletableFuture<Instant> serviceTime(StreamName stream) {
        return orMissing(stream, streams.time(stream).exceptionallyCompose(error -> {
            Throwable cause =
                    error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
            return CompletableFuture.failedFuture(
                    cause instanceof IllegalStateException
                            ? new ServiceTimeMissingException(String.valueOf(cause.getMessage()), cause)
                            : cause);
        }));
    }

    private static <T> CompletableFuture<T> orMissing(StreamName stream, CompletableFuture<Optional<T>> found) {
        return found.thenApply(value -> value.orElseThrow(() -> new StreamNotFoundException(stream)));
    }
}
