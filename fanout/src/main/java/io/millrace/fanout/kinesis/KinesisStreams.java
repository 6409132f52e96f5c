package io.millrace.fanout.kinesis;

import static java.util.Objects.requireNonNull;

import io.millrace.fanout.ShardReader;
import io.millrace.fanout.ShardReaders;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamArn;
import io.millrace.model.StreamName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.AccessDeniedException;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryResponse;
import software.amazon.awssdk.services.kinesis.model.ListShardsRequest;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.ShardFilterType;
import software.amazon.awssdk.services.kinesis.model.StreamDescriptionSummary;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;

/**
 * The streams of the Kinesis service, or of a server that speaks like it, as a reader needs them. A stream is asked for by
 * its name, or by its ARN where that is how it was given or it is another account's. Safe for any thread; calls do not
 * block. Does not close its client.
 */
public final class KinesisStreams implements ShardReaders {
    private final KinesisAsyncClient client;
    private final @Nullable DirectKinesis direct;
    /** The ARNs of own streams that were given by it. */
    private final Map<StreamName, StreamArn> given = new ConcurrentHashMap<>();

    /** Speaks through {@code client}. */
    public KinesisStreams(KinesisAsyncClient client) {
        this(client, null);
    }

    /** Speaks through the client of {@code direct}, and reads records the direct way. */
    public KinesisStreams(DirectKinesis direct) {
        this(direct.client(), direct);
    }

    private KinesisStreams(KinesisAsyncClient client, @Nullable DirectKinesis direct) {
        this.client = requireNonNull(client, "client");
        this.direct = direct;
    }

    @Override
    public ShardReader reader(StreamName stream, ShardId shard) {
        Address address = address(stream);
        return new KinesisShardReader(client, direct == null ? null : direct.stream(address), address, shard);
    }

    /**
     * The name by which an application knows the stream of an ARN: its plain name if it is of the client's own account, so
     * that it is the same stream whether it is given by name or by ARN; else its qualified name. Asks the service whether
     * the account has that stream (DescribeStreamSummary by name). From then on requests give the ARN.
     *
     * @return fails with an {@link IllegalArgumentException} when the ARN is of another region than the client, and with the
     *     SDK's exception when the service cannot be asked
     */
    public CompletableFuture<StreamName> nameOf(StreamArn arn) {
        Region region = client.serviceClientConfiguration().region();
        if (!arn.region().equals(region.id())) {
            return CompletableFuture.failedFuture(new IllegalArgumentException("stream " + arn + " is in region "
                    + arn.region() + ", and the Kinesis client is one of " + region
                    + "; set AWS_REGION, or give a client of that region"));
        }
        StreamName own = new StreamName(arn.name());
        return describeSummary(new Address(own.value(), null))
                .thenApply(found -> {
                    if (found.filter(it -> it.streamARN().equals(arn.toString()))
                            .isEmpty()) {
                        return arn.qualifiedName();
                    }
                    given.put(own, arn);
                    return own;
                })
                // Whoever may read another account's stream only is not told about an own one of its name.
                .exceptionallyCompose(error -> cause(error) instanceof AccessDeniedException
                        ? CompletableFuture.completedFuture(arn.qualifiedName())
                        : CompletableFuture.failedFuture(error));
    }

    private Address address(StreamName stream) {
        StreamArn arn = given.get(stream);
        return arn != null
                ? new Address(null, arn.toString())
                : stream.arn()
                        .map(its -> new Address(null, its.toString()))
                        .orElseGet(() -> new Address(stream.value(), null));
    }

    /**
     * What a stream is (DescribeStreamSummary). One that is being deleted counts as gone: its records are.
     *
     * @return empty when there is none of this name; fails with the SDK's exception when the service cannot be asked
     */
    public CompletableFuture<Optional<StreamDescription>> describe(StreamName stream) {
        return describeSummary(address(stream))
                .thenApply(answer -> answer.filter(summary -> summary.streamStatus() != StreamStatus.DELETING)
                        .map(summary -> new StreamDescription(summary.streamARN(), summary.streamCreationTimestamp())));
    }

    private CompletableFuture<Optional<StreamDescriptionSummary>> describeSummary(Address stream) {
        return emptyIfMissing(summary(stream))
                .thenApply(answer -> answer.map(DescribeStreamSummaryResponse::streamDescriptionSummary));
    }

    /**
     * All shards that the service still lists, closed ones included, in the order of their ids (ListShards).
     *
     * @return empty when there is no stream of this name; fails with the SDK's exception when the service cannot be asked
     */
    public CompletableFuture<Optional<List<Shard>>> shards(StreamName stream) {
        return listShards(stream, request -> {});
    }

    /**
     * The shards that may hold records which arrived at {@code since} or later: those that were open then or came after
     * (ListShards with FROM_TIMESTAMP). Otherwise as {@link #shards}.
     *
     * @param since a moment of the service's clock, as {@link #time} tells it
     */
    public CompletableFuture<Optional<List<Shard>>> shardsSince(StreamName stream, Instant since) {
        return listShards(
                stream,
                request -> request.shardFilter(
                        filter -> filter.type(ShardFilterType.FROM_TIMESTAMP).timestamp(since)));
    }

    /**
     * The service's own time, read from an answer about {@code stream} (DescribeStreamSummary). Every record that is put
     * after this call has returned arrives at that moment or later. From Millrace's server it is exact; elsewhere it comes
     * from the Date header, up to two seconds early.
     *
     * @return empty when there is no stream of this name; fails with {@link IllegalStateException} when the answer tells no
     *     time, and with the SDK's exception when the service cannot be asked
     */
    public CompletableFuture<Optional<Instant>> time(StreamName stream) {
        return emptyIfMissing(summary(address(stream)))
                .thenApply(answer -> answer.map(found -> AnswerTime.of(found)
                        .orElseThrow(
                                () -> new IllegalStateException("the answers of the stream service tell no time, so"
                                        + " nobody knows where LATEST is: does a proxy take away the Date header? Begin at"
                                        + " trim_horizon or at a time"))));
    }

    private CompletableFuture<DescribeStreamSummaryResponse> summary(Address stream) {
        return client.describeStreamSummary(
                request -> request.streamName(stream.nameOrNull()).streamARN(stream.arnOrNull()));
    }

    private CompletableFuture<Optional<List<Shard>>> listShards(
            StreamName stream, Consumer<ListShardsRequest.Builder> which) {
        Address address = address(stream);
        ListShardsRequest request = ListShardsRequest.builder()
                .streamName(address.nameOrNull())
                .streamARN(address.arnOrNull())
                .applyMutation(which)
                .build();
        return emptyIfMissing(shardsFrom(request, new ArrayList<>()).thenApply(all -> {
            all.sort((one, other) -> one.id().compareTo(other.id()));
            return List.copyOf(all);
        }));
    }

    private CompletableFuture<List<Shard>> shardsFrom(ListShardsRequest request, List<Shard> found) {
        return client.listShards(request).thenCompose(answer -> {
            answer.shards().forEach(shape -> found.add(KinesisShapes.shard(shape)));
            return answer.nextToken() == null
                    ? CompletableFuture.completedFuture(found)
                    // The name is for the first page only, the token for all others (ListShards, Kinesis API).
                    : shardsFrom(
                            ListShardsRequest.builder()
                                    .nextToken(answer.nextToken())
                                    .build(),
                            found);
        });
    }

    private static <T> CompletableFuture<Optional<T>> emptyIfMissing(CompletableFuture<T> answer) {
        return answer.handle((value, error) -> {
            if (error == null) {
                return Optional.of(value);
            }
            Throwable cause = cause(error);
            if (cause instanceof ResourceNotFoundException) {
                return Optional.empty();
            }
            throw new CompletionException(cause);
        });
    }

    private static Throwable cause(Throwable error) {
        return error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    }

    /**
     * How requests say which stream they mean: one of both is there.
     *
     * @param nameOrNull its name
     * @param arnOrNull its ARN
     */
    record Address(@Nullable String nameOrNull, @Nullable String arnOrNull) {}

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
