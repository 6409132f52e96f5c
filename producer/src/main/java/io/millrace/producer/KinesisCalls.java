package io.millrace.producer;

import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import io.millrace.model.SequenceNumber;
import io.millrace.model.SequenceNumberRange;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamArn;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ListShardsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;

/** The two calls that a producer makes, of one stream. Safe for any thread; calls do not block and throw nothing. */
final class KinesisCalls {
    private final KinesisAsyncClient client;
    private final @Nullable String name;
    private final @Nullable String arn;
    private final AwsRequestOverrideConfiguration limits;

    KinesisCalls(KinesisAsyncClient client, String stream, Duration timeout) {
        this.client = client;
        this.name = StreamArn.isMeant(stream) ? null : stream;
        this.arn = StreamArn.isMeant(stream) ? stream : null;
        this.limits = AwsRequestOverrideConfiguration.builder()
                .apiCallTimeout(timeout)
                .apiCallAttemptTimeout(timeout)
                .build();
    }

    /** Puts parcels; the answers come in their order. */
    CompletableFuture<List<Answer>> put(Request request) {
        List<PutRecordsRequestEntry> entries = new ArrayList<>(request.parcels().size());
        for (Parcel parcel : request.parcels()) {
            HashKey explicit = parcel.explicitHashKey();
            entries.add(PutRecordsRequestEntry.builder()
                    .partitionKey(parcel.partitionKey())
                    .explicitHashKey(explicit == null ? null : explicit.toString())
                    .data(SdkBytes.fromByteBuffer(parcel.data().asByteBuffer()))
                    .build());
        }
        PutRecordsRequest call = PutRecordsRequest.builder()
                .streamName(name)
                .streamARN(arn)
                .records(entries)
                .overrideConfiguration(limits)
                .build();
        return called(() -> client.putRecords(call)
                .thenApply(answer -> answer.records().stream().map(Answer::of).toList()));
    }

    /** All shards that the service lists. */
    CompletableFuture<ShardMap> shards() {
        ListShardsRequest first = ListShardsRequest.builder()
                .streamName(name)
                .streamARN(arn)
                .overrideConfiguration(limits)
                .build();
        return called(() -> shardsFrom(first, new ArrayList<>())).thenApply(ShardMap::of);
    }

    private CompletableFuture<List<Shard>> shardsFrom(ListShardsRequest request, List<Shard> found) {
        return client.listShards(request).thenCompose(answer -> {
            answer.shards().forEach(shape -> found.add(shard(shape)));
            return answer.nextToken() == null
                    ? CompletableFuture.completedFuture(found)
                    // The name is for the first page only, the token for all others (ListShards, Kinesis API).
                    : shardsFrom(
                            ListShardsRequest.builder()
                                    .nextToken(answer.nextToken())
                                    .overrideConfiguration(limits)
                                    .build(),
                            found);
        });
    }

    /** As far as a producer asks: it knows nothing of parents. */
    private static Shard shard(software.amazon.awssdk.services.kinesis.model.Shard shape) {
        String ending = shape.sequenceNumberRange().endingSequenceNumber();
        return new Shard(
                new ShardId(shape.shardId()),
                List.of(),
                new HashKeyRange(
                        HashKey.parse(shape.hashKeyRange().startingHashKey()),
                        HashKey.parse(shape.hashKeyRange().endingHashKey())),
                new SequenceNumberRange(
                        SequenceNumber.parse(shape.sequenceNumberRange().startingSequenceNumber()),
                        ending == null ? null : SequenceNumber.parse(ending)));
    }

    private static <T> CompletableFuture<T> called(Supplier<CompletableFuture<T>> call) {
        try {
            return call.get();
        } catch (RuntimeException thrown) {
            return CompletableFuture.failedFuture(thrown);
        }
    }
}
