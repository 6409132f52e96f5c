package io.millrace.streamcore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.millrace.model.HashKeyRange;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.DescribeLimitsResponse;
import software.amazon.awssdk.services.kinesis.model.EnableEnhancedMonitoringResponse;
import software.amazon.awssdk.services.kinesis.model.EncryptionType;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.ListStreamsResponse;
import software.amazon.awssdk.services.kinesis.model.MetricsName;
import software.amazon.awssdk.services.kinesis.model.MinimumThroughputBillingCommitmentInputStatus;
import software.amazon.awssdk.services.kinesis.model.MinimumThroughputBillingCommitmentOutputStatus;
import software.amazon.awssdk.services.kinesis.model.PutRecordResponse;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.ScalingType;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardFilterType;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StreamDescriptionSummary;
import software.amazon.awssdk.services.kinesis.model.StreamMode;
import software.amazon.awssdk.services.kinesis.model.Tag;
import software.amazon.awssdk.services.kinesis.model.UpdateShardCountResponse;
import software.amazon.awssdk.services.kinesis.model.UpdateStreamWarmThroughputResponse;
import software.amazon.awssdk.services.kinesis.model.ValidationException;

/** The control plane by the SDK's asynchronous client: CBOR over HTTP/2. */
class ControlPlaneClientTest {
    private static final String STREAM = "orders";

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @SuppressWarnings("NullAway.Init") // set before each test
    private StreamServer server;

    @SuppressWarnings("NullAway.Init") // set before each test
    private KinesisAsyncClient client;

    @BeforeEach
    void start() throws Exception {
        open();
        await(client.createStream(b -> b.streamName(STREAM).shardCount(2).tags(Map.of("team", "a"))));
    }

    private void open() {
        server = StreamServer.builder()
                .port(0)
                .dataDirectory(folder)
                .transitionTime(Duration.ZERO)
                .start();
        client = client(server.endpoint());
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void aCreatedStreamIsSeenByTheVeryNextCallOfAnotherConnection() throws Exception {
        try (KinesisAsyncClient other = client(server.endpoint())) {
            for (int i = 0; i < 100; i++) {
                String name = "new-" + i;
                await(client.createStream(b -> b.streamName(name).shardCount(1)));
                assertThat(await(other.describeStreamSummary(b -> b.streamName(name)))
                                .streamDescriptionSummary()
                                .streamName())
                        .isEqualTo(name);
            }
        }
    }

    @Test
    void whatIsSetIsToldAlsoAfterARestart() throws Exception {
        String arn = summary().streamARN();
        await(client.increaseStreamRetentionPeriod(b -> b.streamName(STREAM).retentionPeriodHours(72)));
        await(client.startStreamEncryption(
                b -> b.streamARN(arn).encryptionType(EncryptionType.KMS).keyId("alias/mine")));
        EnableEnhancedMonitoringResponse monitoring = await(client.enableEnhancedMonitoring(
                b -> b.streamName(STREAM).shardLevelMetrics(MetricsName.INCOMING_BYTES)));
        assertThat(monitoring.currentShardLevelMetrics()).isEmpty();
        assertThat(monitoring.desiredShardLevelMetrics()).containsExactly(MetricsName.INCOMING_BYTES);
        await(client.updateMaxRecordSize(b -> b.streamARN(arn).maxRecordSizeInKiB(4096)));
        await(client.addTagsToStream(b -> b.streamName(STREAM).tags(Map.of("stage", "b"))));
        await(client.tagResource(b -> b.resourceARN(arn).tags(Map.of("c", ""))));
        await(client.untagResource(b -> b.resourceARN(arn).tagKeys("stage")));
        await(client.putResourcePolicy(b -> b.resourceARN(arn).policy("{\"Version\":\"2012-10-17\"}")));
        client.close();
        server.close();
        open();

        StreamDescriptionSummary summary = summary();
        assertThat(summary.retentionPeriodHours()).isEqualTo(72);
        assertThat(summary.encryptionType()).isEqualTo(EncryptionType.KMS);
        assertThat(summary.keyId()).isEqualTo("alias/mine");
        assertThat(summary.enhancedMonitoring().get(0).shardLevelMetrics()).containsExactly(MetricsName.INCOMING_BYTES);
        assertThat(summary.maxRecordSizeInKiB()).isEqualTo(4096);
        assertThat(summary.consumerCount()).isZero();
        assertThat(await(client.listTagsForResource(b -> b.resourceARN(arn))).tags())
                .extracting(Tag::key, Tag::value)
                .containsExactly(tuple("c", ""), tuple("team", "a"));
        assertThat(await(client.getResourcePolicy(b -> b.resourceARN(arn))).policy())
                .isEqualTo("{\"Version\":\"2012-10-17\"}");
        await(client.deleteResourcePolicy(b -> b.resourceARN(arn)));
        assertThatThrownBy(() -> await(client.getResourcePolicy(b -> b.resourceARN(arn))))
                .isInstanceOf(ResourceNotFoundException.class);
        assertThatThrownBy(() -> await(client.decreaseStreamRetentionPeriod(
                        b -> b.streamName(STREAM).retentionPeriodHours(100))))
                .isInstanceOf(InvalidArgumentException.class);
    }

    @Test
    void scalingLeavesEvenShardsWhoseParentsAreKept() throws Exception {
        await(put("a", 100));
        UpdateShardCountResponse scaled = await(client.updateShardCount(
                b -> b.streamName(STREAM).targetShardCount(3).scalingType(ScalingType.UNIFORM_SCALING)));
        assertThat(scaled.currentShardCount()).isEqualTo(2);
        assertThat(scaled.targetShardCount()).isEqualTo(3);
        List<Shard> open = await(client.listShards(
                        b -> b.streamName(STREAM).shardFilter(f -> f.type(ShardFilterType.AT_LATEST))))
                .shards();
        assertThat(open.stream()
                        .map(shard -> shard.hashKeyRange().startingHashKey())
                        .sorted(Comparator.comparing(BigInteger::new)))
                .containsExactlyElementsOf(HashKeyRange.evenly(3).stream()
                        .map(range -> range.start().toString())
                        .toList());
        List<Shard> first = await(client.listShards(
                        b -> b.streamName(STREAM).shardFilter(f -> f.type(ShardFilterType.AT_TRIM_HORIZON))))
                .shards();
        assertThat(first).extracting(Shard::shardId).containsExactly("shardId-000000000000", "shardId-000000000001");
        assertThat(await(put("b", 100)).shardId())
                .isIn(open.stream().map(Shard::shardId).toList());
    }

    @Test
    void onDemandStreamsAndTheAccountAreDescribed() throws Exception {
        await(client.updateAccountSettings(b -> b.minimumThroughputBillingCommitment(
                c -> c.status(MinimumThroughputBillingCommitmentInputStatus.ENABLED))));
        assertThat(await(client.describeAccountSettings(b -> {}))
                        .minimumThroughputBillingCommitment()
                        .status())
                .isEqualTo(MinimumThroughputBillingCommitmentOutputStatus.ENABLED);
        await(client.createStream(b -> b.streamName("d").streamModeDetails(m -> m.streamMode(StreamMode.ON_DEMAND))));
        UpdateStreamWarmThroughputResponse warm =
                await(client.updateStreamWarmThroughput(b -> b.streamName("d").warmThroughputMiBps(5)));
        assertThat(warm.warmThroughput().targetMiBps()).isEqualTo(5);
        DescribeLimitsResponse limits = await(client.describeLimits());
        assertThat(limits.onDemandStreamCount()).isEqualTo(1);
        assertThat(limits.openShardCount()).isEqualTo(2);
        assertThatThrownBy(() -> await(client.updateShardCount(
                        b -> b.streamName("d").targetShardCount(6).scalingType(ScalingType.UNIFORM_SCALING))))
                .isInstanceOf(ValidationException.class);
        String arn = warm.streamARN();
        await(client.updateStreamMode(
                b -> b.streamARN(arn).streamModeDetails(m -> m.streamMode(StreamMode.PROVISIONED))));
        ListStreamsResponse streams = await(client.listStreams(b -> b.limit(1)));
        assertThat(streams.streamNames()).containsExactly("d");
        assertThat(streams.streamSummaries().get(0).streamModeDetails().streamMode())
                .isEqualTo(StreamMode.PROVISIONED);
        assertThat(await(client.listStreams(b -> b.nextToken(streams.nextToken())))
                        .streamNames())
                .containsExactly(STREAM);
    }

    @Test
    void aRecordOfTenMebibytesGoesInAndComesOut() throws Exception {
        String arn = summary().streamARN();
        await(client.updateMaxRecordSize(b -> b.streamARN(arn).maxRecordSizeInKiB(10_240)));
        PutRecordResponse put = await(put("k", (10 << 20) - 1));
        String iterator = await(client.getShardIterator(b ->
                        b.streamName(STREAM).shardId(put.shardId()).shardIteratorType(ShardIteratorType.TRIM_HORIZON)))
                .shardIterator();
        assertThat(await(client.getRecords(b -> b.shardIterator(iterator)))
                        .records()
                        .get(0)
                        .data()
                        .asByteArrayUnsafe())
                .hasSize((10 << 20) - 1);
        assertThatThrownBy(() -> await(put("kk", (10 << 20) - 1))).isInstanceOf(ValidationException.class);
    }

    private CompletableFuture<PutRecordResponse> put(String key, int size) {
        SdkBytes data = SdkBytes.fromByteArrayUnsafe(new byte[size]);
        return client.putRecord(b -> b.streamName(STREAM).partitionKey(key).data(data));
    }

    private StreamDescriptionSummary summary() throws Exception {
        return await(client.describeStreamSummary(b -> b.streamName(STREAM))).streamDescriptionSummary();
    }

    private static KinesisAsyncClient client(URI endpoint) {
        return KinesisAsyncClient.builder()
                .endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("key", "secret")))
                .build();
    }

    private static <T> T await(CompletableFuture<T> future) throws Exception {
        try {
            return future.get(20, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }
}
