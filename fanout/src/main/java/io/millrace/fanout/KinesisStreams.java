package io.millrace.fanout;

import static java.util.Objects.requireNonNull;

import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryResponse;
import software.amazon.awssdk.services.kinesis.model.ListShardsRequest;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;

/**
 * The streams of the Kinesis service, or of a server that speaks like it, as a reader needs them. Safe for any thread;
 * calls do not block. Does not close its client.
 */
public final class KinesisStreams implements ShardReaders {
    private final KinesisAsyncClient client;

    /** Speaks through {@code client}. */
    public KinesisStreams(KinesisAsyncClient client) {
        this.client = requireNonNull(client, "client");
    }

    @Override
    public ShardReader reader(StreamName stream, ShardId shard) {
        return new KinesisShardReader(client, stream, shard);
    }

    /**
     * What a stream is (DescribeStreamSummary). One that is being deleted counts as gone: its records are.
     *
     * @return empty when there is none of this name; fails with the SDK's exception when the service cannot be asked
     */
    public CompletableFuture<Optional<StreamDescription>> describe(StreamName stream) {
        return emptyIfMissing(client.describeStreamSummary(request -> request.streamName(stream.value())))
                .thenApply(answer -> answer.map(DescribeStreamSummaryResponse::streamDescriptionSummary)
                        .filter(summary -> summary.streamStatus() != StreamStatus.DELETING)
                        .map(summary -> new StreamDescription(summary.streamARN(), summary.streamCreationTimestamp())));
    }

    /**
     * All shards that the service still lists, closed ones included, in the order of their ids (ListShards).
     *
     * @return empty when there is no stream of this name; fails with the SDK's exception when the service cannot be asked
     */
    public CompletableFuture<Optional<List<Shard>>> shards(StreamName stream) {
        return emptyIfMissing(shardsFrom(stream, null, new ArrayList<>()).thenApply(all -> {
            all.sort((one, other) -> one.id().compareTo(other.id()));
            return List.copyOf(all);
        }));
    }

    private CompletableFuture<List<Shard>> shardsFrom(StreamName stream, @Nullable String token, List<Shard> found) {
        // The name is for the first page only, the token for all others (ListShards, Kinesis API).
        ListShardsRequest request = token == null
                ? ListShardsRequest.builder().streamName(stream.value()).build()
                : ListShardsRequest.builder().nextToken(token).build();
        return client.listShards(request).thenCompose(answer -> {
            answer.shards().forEach(shape -> found.add(KinesisShapes.shard(shape)));
            return answer.nextToken() == null
                    ? CompletableFuture.completedFuture(found)
                    : shardsFrom(stream, answer.nextToken(), found);
        });
    }

    private static <T> CompletableFuture<Optional<T>> emptyIfMissing(CompletableFuture<T> answer) {
        return answer.handle((value, error) -> {
            if (error == null) {
                return Optional.of(value);
            }
            Throwable cause =
                    error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
            if (cause instanceof ResourceNotFoundException) {
                return Optional.empty();
            }
            throw new CompletionException(cause);
        });
    }

    /**
     * Which stream this is.
     *
     * @param arn its ARN
     * @param created when it was made, to the second
     */
    public record StreamDescription(String arn, Instant created) {
        /** Checks the parts. */
        public StreamDescription {
            requireNonNull(arn, "arn");
            requireNonNull(created, "created");
        }
    }
}
