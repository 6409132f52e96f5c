package io.millrace.streamcore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.streamcore.stream.quota.QuotaMode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.DryRunOperationException;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.KinesisException;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.RecordDistributionStrategy;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StreamDescriptionSummary;
import software.amazon.awssdk.services.kinesis.model.StreamMode;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardRequest;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;
import software.amazon.awssdk.services.kinesis.model.ValidationException;

/** What the service got in 2026, by the SDK's asynchronous client: dry runs, distribution strategies, channels. */
class NewerOperationsTest {
    private static final String STREAM = "orders";
    private static final String SHARD = "shardId-000000000000";
    private static final SdkBytes DATA = SdkBytes.fromString("x", UTF_8);

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @SuppressWarnings("NullAway.Init") // set by each test, through start
    private StreamServer server;

    @SuppressWarnings("NullAway.Init") // set by each test, through start
    private KinesisAsyncClient client;

    private void start(QuotaMode quotas) throws Exception {
        open(quotas);
        await(client.createStream(b -> b.streamName(STREAM).shardCount(1)));
    }

    private void open(QuotaMode quotas) {
        server = StreamServer.builder()
                .port(0)
                .dataDirectory(folder)
                .quotas(quotas)
                .transitionTime(Duration.ZERO)
                .start();
        client = KinesisAsyncClient.builder()
                .endpointOverride(server.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("key", "secret")))
                .overrideConfiguration(b -> b.retryStrategy(r -> r.maxAttempts(1)))
                .build();
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void dryRunsOfAllFiveCallsSucceedByTheirErrorAndDoNothing() throws Exception {
        start(QuotaMode.OFF);
        String arn = summary(STREAM).streamARN();
        String consumer = await(
                        client.registerStreamConsumer(b -> b.streamARN(arn).consumerName("app")))
                .consumer()
                .consumerARN();
        String iterator = iterator();

        assertDry(() -> await(client.putRecord(
                b -> b.streamName(STREAM).partitionKey("k").data(DATA).dryRun(true))));
        assertDry(() -> await(
                client.putRecords(b -> b.streamName(STREAM).records(entry("k")).dryRun(true))));
        assertDry(() -> await(client.getShardIterator(b -> b.streamName(STREAM)
                .shardId(SHARD)
                .shardIteratorType(ShardIteratorType.LATEST)
                .dryRun(true))));
        assertDry(() -> await(client.getRecords(b -> b.shardIterator(iterator).dryRun(true))));
        assertDry(() -> subscribe(consumer, SHARD));

        assertThat(await(client.getRecords(b -> b.shardIterator(iterator))).records())
                .isEmpty();
    }

    @Test
    void dryRunThatFailsACheckEndsWithTheOperationsOwnError() throws Exception {
        start(QuotaMode.OFF);
        String arn = summary(STREAM).streamARN();
        String consumer = await(
                        client.registerStreamConsumer(b -> b.streamARN(arn).consumerName("app")))
                .consumer()
                .consumerARN();

        assertThatThrownBy(() -> await(client.putRecord(b ->
                        b.streamName("missing").partitionKey("k").data(DATA).dryRun(true))))
                .isInstanceOf(ResourceNotFoundException.class);
        assertThatThrownBy(() -> await(client.putRecord(b -> b.streamName(STREAM)
                        .partitionKey("k")
                        .explicitHashKey("9".repeat(39))
                        .data(DATA)
                        .dryRun(true))))
                .isInstanceOf(InvalidArgumentException.class);
        assertThatThrownBy(() -> await(client.putRecords(
                        b -> b.streamName(STREAM).records(entry("")).dryRun(true))))
                .isInstanceOf(ValidationException.class);
        assertThatThrownBy(() -> await(client.getShardIterator(b -> b.streamName(STREAM)
                        .shardId("shardId-000000000007")
                        .shardIteratorType(ShardIteratorType.LATEST)
                        .dryRun(true))))
                .isInstanceOf(ResourceNotFoundException.class);
        assertThatThrownBy(() ->
                        await(client.getRecords(b -> b.shardIterator("AAAA").dryRun(true))))
                .isInstanceOf(InvalidArgumentException.class);
        assertThatThrownBy(() -> subscribe(consumer, "shardId-000000000007"))
                .isInstanceOf(ResourceNotFoundException.class);
        String iterator = iterator();
        await(client.deleteStream(b -> b.streamName(STREAM).enforceConsumerDeletion(true)));
        assertThatThrownBy(() ->
                        await(client.getRecords(b -> b.shardIterator(iterator).dryRun(true))))
                .isInstanceOf(ResourceNotFoundException.class);
    }

    @Test
    void moreThanOneDryRunASecondOnAStreamIsThrottledApartFromShardLimits() throws Exception {
        // A thousandth of the service's limits: the second dry run would be let through after a quarter of an hour.
        start(new QuotaMode(0.001));
        assertDry(() -> await(client.putRecord(
                b -> b.streamName(STREAM).partitionKey("k").data(DATA).dryRun(true))));
        assertThatThrownBy(() -> await(client.getShardIterator(b -> b.streamName(STREAM)
                        .shardId(SHARD)
                        .shardIteratorType(ShardIteratorType.LATEST)
                        .dryRun(true))))
                .isInstanceOf(KinesisException.class)
                .satisfies(error -> assertThat(code(error)).isEqualTo("ThrottlingException"));
        assertThat(await(client.putRecord(
                                b -> b.streamName(STREAM).partitionKey("k").data(DATA)))
                        .sequenceNumber())
                .isNotEmpty();
    }

    @Test
    void distributionStrategyIsSetToldAndKept() throws Exception {
        start(QuotaMode.OFF);
        assertThat(summary(STREAM).recordDistributionStrategy())
                .isEqualTo(RecordDistributionStrategy.USER_PARTITION_KEY);
        assertThat(summary(STREAM).channelCount()).isZero();
        await(client.createStream(b -> b.streamName("spread")
                .streamModeDetails(m -> m.streamMode(StreamMode.ON_DEMAND))
                .recordDistributionStrategy(RecordDistributionStrategy.AUTO)));
        client.close();
        server.close();
        open(QuotaMode.OFF);
        StreamDescriptionSummary summary = summary("spread");
        assertThat(summary.recordDistributionStrategy()).isEqualTo(RecordDistributionStrategy.AUTO);

        assertThat(perShard("spread", 100)).containsExactly(25, 25, 25, 25);
        assertThatThrownBy(() -> await(client.updateStreamMode(b ->
                        b.streamARN(summary.streamARN()).streamModeDetails(m -> m.streamMode(StreamMode.PROVISIONED)))))
                .isInstanceOf(ValidationException.class);
        await(client.updateStreamRecordDistributionStrategy(b -> b.streamARN(summary.streamARN())
                .recordDistributionStrategy(RecordDistributionStrategy.USER_PARTITION_KEY)));
        assertThat(summary("spread").recordDistributionStrategy())
                .isEqualTo(RecordDistributionStrategy.USER_PARTITION_KEY);
        assertThat(perShard("spread", 100)).containsOnlyOnce(125).contains(25, 25, 25);
    }

    @Test
    void distributionByTheServerIsForOnDemandStreamsOnly() throws Exception {
        start(QuotaMode.OFF);
        assertThatThrownBy(() -> await(client.createStream(b ->
                        b.streamName("p").shardCount(1).recordDistributionStrategy(RecordDistributionStrategy.AUTO))))
                .isInstanceOf(ValidationException.class);
        String arn = summary(STREAM).streamARN();
        assertThatThrownBy(() -> await(client.updateStreamRecordDistributionStrategy(
                        b -> b.streamARN(arn).recordDistributionStrategy(RecordDistributionStrategy.AUTO))))
                .isInstanceOf(ValidationException.class);
    }

    @Test
    void channelOperationsAreRefusedInOneLine() throws Exception {
        start(QuotaMode.OFF);
        String channel = "arn:aws:kinesis:us-east-1:000000000000:channel/c";
        assertNoChannels("ListChannels", () -> await(client.listChannels(b -> {})));
        assertNoChannels("DescribeChannel", () -> await(client.describeChannel(b -> b.channelARN(channel))));
        assertNoChannels("DeleteChannel", () -> await(client.deleteChannel(b -> b.channelARN(channel))));
        assertNoChannels("UpdateChannel", () -> await(client.updateChannel(b -> b.channelARN(channel))));
        assertNoChannels("CreateChannel", () -> await(client.createChannel(b -> b.channelName("c"))));
        assertThat(await(client.describeLimits()).channelCount()).isZero();
    }

    private static void assertNoChannels(String operation, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(KinesisException.class)
                .hasMessageContaining(operation + " is not supported: this server has no channels.")
                .satisfies(error -> assertThat(code(error)).isEqualTo("UnknownOperationException"));
    }

    private static void assertDry(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(DryRunOperationException.class)
                .hasMessageContaining("Request would have succeeded, but DryRun flag is set.");
    }

    private static String code(Throwable error) {
        return ((AwsServiceException) error).awsErrorDetails().errorCode();
    }

    private void subscribe(String consumer, String shard) throws Exception {
        SubscribeToShardRequest request = SubscribeToShardRequest.builder()
                .consumerARN(consumer)
                .shardId(shard)
                .startingPosition(p -> p.type(ShardIteratorType.LATEST))
                .dryRun(true)
                .build();
        await(client.subscribeToShard(
                request,
                SubscribeToShardResponseHandler.builder()
                        .subscriber(event -> {})
                        .build()));
    }

    /** Puts records of one key, then counts those of each shard. */
    private List<Integer> perShard(String stream, int records) throws Exception {
        List<PutRecordsRequestEntry> entries = new ArrayList<>();
        for (int i = 0; i < records; i++) {
            entries.add(entry("same"));
        }
        await(client.putRecords(b -> b.streamName(stream).records(entries)));
        List<Integer> counts = new ArrayList<>();
        for (Shard shard : await(client.listShards(b -> b.streamName(stream))).shards()) {
            String iterator = await(client.getShardIterator(b -> b.streamName(stream)
                            .shardId(shard.shardId())
                            .shardIteratorType(ShardIteratorType.TRIM_HORIZON)))
                    .shardIterator();
            counts.add(await(client.getRecords(b -> b.shardIterator(iterator)))
                    .records()
                    .size());
        }
        return counts;
    }

    private String iterator() throws Exception {
        return await(client.getShardIterator(
                        b -> b.streamName(STREAM).shardId(SHARD).shardIteratorType(ShardIteratorType.TRIM_HORIZON)))
                .shardIterator();
    }

    private static PutRecordsRequestEntry entry(String key) {
        return PutRecordsRequestEntry.builder().partitionKey(key).data(DATA).build();
    }

    private StreamDescriptionSummary summary(String stream) throws Exception {
        return await(client.describeStreamSummary(b -> b.streamName(stream))).streamDescriptionSummary();
    }

    private static <T> T await(CompletableFuture<T> future) throws Exception {
        try {
            return future.get(20, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }
}
