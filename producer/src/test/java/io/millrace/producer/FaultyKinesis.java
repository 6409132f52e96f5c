package io.millrace.producer;

import io.millrace.fanout.InMemoryStream;
import io.millrace.model.Bytes;
import io.millrace.model.HashKey;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.KinesisException;
import software.amazon.awssdk.services.kinesis.model.ListShardsRequest;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

/**
 * A service in virtual time over a stream in memory. It answers late and out of order, throttles, fails before and after it has
 * stored, keeps silent, and lists shards as they were a while ago, as often as its faults say.
 */
final class FaultyKinesis implements KinesisAsyncClient {
    private static final Duration SILENCE = Duration.ofSeconds(10);

    private final Simulation sim;
    private final InMemoryStream stream;
    private final RandomGenerator random;
    private final List<PutRecordsRequest> requests = new ArrayList<>();
    private List<Shard> listed;
    /** The share of calls and of records that meet a fault. */
    private double faults;

    private boolean isAway;
    private boolean deniesListing;
    private Predicate<PutRecordsRequest> isRefused = request -> false;
    private Throwable refusal = failure("ValidationException", 400);
    /** How many of the next records are refused for now. */
    private int throttled;

    private @Nullable ShardId throttledShard;
    private Duration slowness = Duration.ofMillis(20);
    private int listings;

    FaultyKinesis(Simulation sim, InMemoryStream stream) {
        this.sim = sim;
        this.stream = stream;
        this.random = sim.random();
        this.listed = stream.shards();
    }

    void faults(double share) {
        faults = share;
    }

    void away(boolean is) {
        isAway = is;
    }

    void denyListing() {
        deniesListing = true;
    }

    /** Requests of this kind meet this failure. */
    void refuse(Predicate<PutRecordsRequest> kind, Throwable failure) {
        isRefused = kind;
        refusal = failure;
    }

    void throttleNext(int records) {
        throttled = records;
    }

    /** From now on this shard refuses every record for now; none does if it is absent. */
    void throttle(@Nullable ShardId shard) {
        throttledShard = shard;
    }

    void slowness(Duration time) {
        slowness = time;
    }

    /** The shards have changed; lists show that a moment later. */
    void resharded(Duration later) {
        List<Shard> now = stream.shards();
        // Shards become more and more: a list never goes back.
        sim.at(later, () -> listed = now.size() > listed.size() ? now : listed);
    }

    List<PutRecordsRequest> requests() {
        return requests;
    }

    int listings() {
        return listings;
    }

    @Override
    public CompletableFuture<PutRecordsResponse> putRecords(PutRecordsRequest request) {
        requests.add(request);
        CompletableFuture<PutRecordsResponse> answer = new CompletableFuture<>();
        sim.at(pause(), () -> serve(request, answer));
        return answer;
    }

    private void serve(PutRecordsRequest request, CompletableFuture<PutRecordsResponse> answer) {
        if (isRefused.test(request)) {
            answer.completeExceptionally(refusal);
            return;
        }
        if (isAway || isFaulty()) {
            switch (isAway ? 0 : random.nextInt(5)) {
                case 0 -> answer.completeExceptionally(SdkClientException.create("connection refused"));
                case 1 -> answer.completeExceptionally(failure("ProvisionedThroughputExceededException", 400));
                case 2 -> answer.completeExceptionally(failure("InternalFailure", 500));
                case 3 -> {
                    store(request);
                    sim.at(pause(), () -> answer.completeExceptionally(SdkClientException.create("reset by peer")));
                }
                default -> {
                    // Stored at any time, also after the caller has lost patience.
                    sim.at(Duration.ofMillis(random.nextInt(15_000)), () -> store(request));
                    sim.at(SILENCE, () -> answer.completeExceptionally(SdkClientException.create("no answer in time")));
                }
            }
            return;
        }
        List<PutRecordsResultEntry> results = store(request);
        sim.at(
                pause(),
                () -> answer.complete(
                        PutRecordsResponse.builder().records(results).build()));
    }

    private List<PutRecordsResultEntry> store(PutRecordsRequest request) {
        List<PutRecordsResultEntry> results = new ArrayList<>();
        for (PutRecordsRequestEntry entry : request.records()) {
            boolean isThrottled = throttled-- > 0;
            if (isThrottled || isFaulty()) {
                boolean isInternal = !isThrottled && random.nextInt(4) == 0;
                results.add(refused(isInternal ? "InternalFailure" : "ProvisionedThroughputExceededException"));
            } else {
                results.add(store(entry));
            }
        }
        return results;
    }

    private PutRecordsResultEntry store(PutRecordsRequestEntry entry) {
        HashKey key = entry.explicitHashKey() == null
                ? HashKey.ofPartitionKey(entry.partitionKey())
                : HashKey.parse(entry.explicitHashKey());
        Shard shard = stream.shards().stream()
                .filter(each -> each.isOpen() && each.hashKeyRange().contains(key))
                .findFirst()
                .orElseThrow();
        if (shard.id().equals(throttledShard)) {
            return refused("ProvisionedThroughputExceededException");
        }
        return PutRecordsResultEntry.builder()
                .shardId(shard.id().value())
                .sequenceNumber(stream.put(
                                entry.partitionKey(),
                                key,
                                Bytes.wrap(entry.data().asByteArray()))
                        .sequenceNumber()
                        .toString())
                .build();
    }

    private static PutRecordsResultEntry refused(String code) {
        return PutRecordsResultEntry.builder()
                .errorCode(code)
                .errorMessage("refused by the simulation")
                .build();
    }

    @Override
    public CompletableFuture<ListShardsResponse> listShards(ListShardsRequest request) {
        listings++;
        CompletableFuture<ListShardsResponse> answer = new CompletableFuture<>();
        sim.at(pause(), () -> {
            if (deniesListing) {
                answer.completeExceptionally(failure("AccessDeniedException", 400));
            } else if (isAway || isFaulty()) {
                answer.completeExceptionally(failure("LimitExceededException", 400));
            } else {
                answer.complete(page(request));
            }
        });
        return answer;
    }

    /** Two shards a page. */
    private ListShardsResponse page(ListShardsRequest request) {
        int from = request.nextToken() == null ? 0 : Integer.parseInt(request.nextToken());
        int end = Math.min(listed.size(), from + 2);
        return ListShardsResponse.builder()
                .shards(listed.subList(from, end).stream()
                        .map(FaultyKinesis::shape)
                        .toList())
                .nextToken(end == listed.size() ? null : Integer.toString(end))
                .build();
    }

    private static software.amazon.awssdk.services.kinesis.model.Shard shape(Shard shard) {
        return software.amazon.awssdk.services.kinesis.model.Shard.builder()
                .shardId(shard.id().value())
                .hashKeyRange(range -> range.startingHashKey(
                                shard.hashKeyRange().start().toString())
                        .endingHashKey(shard.hashKeyRange().end().toString()))
                .sequenceNumberRange(numbers -> numbers.startingSequenceNumber(
                                shard.sequenceNumbers().starting().toString())
                        .endingSequenceNumber(shard.sequenceNumbers()
                                .ending()
                                .map(String::valueOf)
                                .orElse(null)))
                .build();
    }

    private boolean isFaulty() {
        return random.nextDouble() < faults;
    }

    private Duration pause() {
        return Duration.ofNanos(1 + random.nextLong(slowness.toNanos()));
    }

    static Throwable failure(String code, int status) {
        return KinesisException.builder()
                .message(code)
                .statusCode(status)
                .awsErrorDetails(AwsErrorDetails.builder()
                        .errorCode(code)
                        .errorMessage("said by the simulation")
                        .build())
                .build();
    }

    @Override
    public String serviceName() {
        return "kinesis";
    }

    @Override
    public void close() {}
}
