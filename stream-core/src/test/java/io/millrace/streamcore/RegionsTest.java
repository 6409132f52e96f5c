package io.millrace.streamcore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.streamcore.stream.quota.QuotaMode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StreamDescriptionSummary;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** One server and clients of the AWS SDK in several regions: each region has streams of its own. */
class RegionsTest {
    private final List<KinesisAsyncClient> clients = new ArrayList<>();

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @SuppressWarnings("NullAway.Init") // set before each test
    private StreamServer server;

    @SuppressWarnings("NullAway.Init") // set before each test
    private KinesisAsyncClient virginia;

    @SuppressWarnings("NullAway.Init") // set before each test
    private KinesisAsyncClient ireland;

    @BeforeEach
    void startBoth() {
        start(settings());
    }

    private StreamServer.Builder settings() {
        return StreamServer.builder().port(0).dataDirectory(folder).transitionTime(Duration.ZERO);
    }

    private void start(StreamServer.Builder settings) {
        server = settings.start();
        virginia = client(Region.US_EAST_1);
        ireland = client(Region.EU_WEST_1);
    }

    @AfterEach
    void stop() {
        clients.forEach(KinesisAsyncClient::close);
        clients.clear();
        server.close();
    }

    private KinesisAsyncClient client(Region region) {
        KinesisAsyncClient client = KinesisAsyncClient.builder()
                .endpointOverride(server.endpoint())
                .region(region)
                .overrideConfiguration(o -> o.retryStrategy(AwsRetryStrategy.doNotRetry()))
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
                .build();
        clients.add(client);
        return client;
    }

    private static <T> T await(CompletableFuture<T> future) throws Exception {
        return future.get(30, TimeUnit.SECONDS);
    }

    private static void create(KinesisAsyncClient client, int shards) throws Exception {
        await(client.createStream(b -> b.streamName("orders").shardCount(shards)));
    }

    private static void put(KinesisAsyncClient client, String text) throws Exception {
        await(client.putRecord(b -> b.streamName("orders").partitionKey(text).data(SdkBytes.fromUtf8String(text))));
    }

    private static StreamDescriptionSummary describe(KinesisAsyncClient client) throws Exception {
        return await(client.describeStreamSummary(b -> b.streamName("orders"))).streamDescriptionSummary();
    }

    private static String iterator(KinesisAsyncClient client) throws Exception {
        return await(client.getShardIterator(
                        b -> b.streamName("orders").shardId("0").shardIteratorType(ShardIteratorType.TRIM_HORIZON)))
                .shardIterator();
    }

    private static List<String> keys(KinesisAsyncClient client) throws Exception {
        String iterator = iterator(client);
        return await(client.getRecords(b -> b.shardIterator(iterator))).records().stream()
                .map(Record::partitionKey)
                .toList();
    }

    @Test
    void streamsOfOneNameInTwoRegionsAreTwo() throws Exception {
        create(virginia, 1);
        assertThat(await(ireland.listStreams()).streamNames()).isEmpty();
        assertThatThrownBy(() -> describe(ireland)).hasCauseInstanceOf(ResourceNotFoundException.class);
        create(ireland, 2);
        assertThat(describe(virginia).streamARN()).isEqualTo("arn:aws:kinesis:us-east-1:000000000000:stream/orders");
        assertThat(describe(ireland).streamARN()).isEqualTo("arn:aws:kinesis:eu-west-1:000000000000:stream/orders");
        assertThat(await(virginia.describeLimits()).openShardCount()).isEqualTo(1);
        assertThat(await(ireland.describeLimits()).openShardCount()).isEqualTo(2);

        put(virginia, "of-virginia");
        assertThat(keys(virginia)).containsExactly("of-virginia");
        assertThat(keys(ireland)).isEmpty();

        String ofVirginia = iterator(virginia);
        assertThatThrownBy(() -> await(ireland.getRecords(b -> b.shardIterator(ofVirginia))))
                .hasCauseInstanceOf(ResourceNotFoundException.class)
                .hasMessageContaining("in stream orders under account 000000000000 does not exist");

        await(ireland.deleteStream(b -> b.streamName("orders")));
        assertThat(keys(virginia)).containsExactly("of-virginia");
    }

    @Test
    void arnsWorkInTheirOwnRegionAlone() throws Exception {
        create(virginia, 1);
        create(ireland, 2);
        String arn = describe(ireland).streamARN();
        assertThat(await(ireland.listShards(b -> b.streamARN(arn))).shards()).hasSize(2);
        await(ireland.addTagsToStream(b -> b.streamARN(arn).tags(Map.of("a", "b"))));
        assertThat(await(ireland.listTagsForResource(b -> b.resourceARN(arn))).tags())
                .hasSize(1);
        String consumer = await(
                        ireland.registerStreamConsumer(b -> b.streamARN(arn).consumerName("reader")))
                .consumer()
                .consumerARN();
        assertThat(consumer).startsWith(arn + "/consumer/reader:");

        String why = "its ARN is of region eu-west-1, and the request is signed for us-east-1";
        for (CompletableFuture<?> refused : List.<CompletableFuture<?>>of(
                virginia.listShards(b -> b.streamARN(arn)),
                virginia.listTagsForResource(b -> b.resourceARN(arn)),
                virginia.describeStreamConsumer(b -> b.consumerARN(consumer)))) {
            assertThatThrownBy(() -> await(refused))
                    .hasCauseInstanceOf(ResourceNotFoundException.class)
                    .hasMessageContaining(why);
        }
        String elsewhere = arn.replace("000000000000", "111122223333");
        assertThatThrownBy(() -> await(ireland.listShards(b -> b.streamARN(elsewhere))))
                .hasCauseInstanceOf(ResourceNotFoundException.class)
                .hasMessageContaining("Stream orders under account 111122223333 not found.");
    }

    @Test
    void pipesOfTwoRegionsWithOneNameGetTheirOwnRecords() throws Exception {
        create(virginia, 1);
        create(ireland, 1);
        put(virginia, "of-virginia");
        put(ireland, "of-ireland");
        for (KinesisAsyncClient client : List.of(virginia, ireland)) {
            String stream = describe(client).streamARN();
            String consumer = await(client.registerStreamConsumer(
                            b -> b.streamARN(stream).consumerName("reader")))
                    .consumer()
                    .consumerARN();
            CompletableFuture<String> first = new CompletableFuture<>();
            CompletableFuture<Void> pipe = client.subscribeToShard(
                    b -> b.consumerARN(consumer).shardId("0").startingPosition(p -> p.type("TRIM_HORIZON")),
                    SubscribeToShardResponseHandler.builder()
                            .subscriber(SubscribeToShardResponseHandler.Visitor.builder()
                                    .onSubscribeToShardEvent(event -> firstKey(event, first))
                                    .build())
                            .build());
            assertThat(await(first)).isEqualTo(client == virginia ? "of-virginia" : "of-ireland");
            pipe.cancel(true);
        }
    }

    private static void firstKey(SubscribeToShardEvent event, CompletableFuture<String> first) {
        event.records().stream().map(Record::partitionKey).forEach(first::complete);
    }

    @Test
    void regionsKeepTheirStreamsAcrossRestarts() throws Exception {
        create(virginia, 1);
        create(ireland, 1);
        put(virginia, "of-virginia");
        put(ireland, "of-ireland");
        String arn = describe(ireland).streamARN();
        await(ireland.registerStreamConsumer(b -> b.streamARN(arn).consumerName("reader")));
        stop();
        // Another region by default changes nothing about what is there.
        start(settings().account("eu-west-1", "000000000000"));
        assertThat(keys(virginia)).containsExactly("of-virginia");
        assertThat(keys(ireland)).containsExactly("of-ireland");
        assertThat(await(ireland.listStreamConsumers(b -> b.streamARN(arn))).consumers())
                .hasSize(1);
        await(virginia.splitShard(b -> b.streamName("orders")
                .shardToSplit("0")
                .newStartingHashKey("170141183460469231731687303715884105728")));
        assertThat(await(virginia.listShards(b -> b.streamName("orders"))).shards())
                .hasSize(3);
        assertThat(await(ireland.listShards(b -> b.streamName("orders"))).shards())
                .hasSize(1);
        await(ireland.deleteStream(b -> b.streamName("orders").enforceConsumerDeletion(true)));
        stop();
        start(settings());
        assertThat(await(ireland.listStreams()).streamNames()).isEmpty();
        assertThat(keys(virginia)).containsExactly("of-virginia");
    }

    @Test
    void foldersOfEarlierVersionsAreOfTheServersOwnAccountWhenOpenedFirst(@TempDir Path former) throws Exception {
        stop();
        copyTo(former);
        start(settings().dataDirectory(former));
        assertThat(describe(virginia).openShardCount()).isEqualTo(3);
        assertThat(describe(virginia).streamARN()).isEqualTo("arn:aws:kinesis:us-east-1:000000000000:stream/orders");
        assertThat(await(ireland.listStreams()).streamNames()).isEmpty();
        stop();
        start(settings().dataDirectory(former).account("eu-west-1", "000000000000"));
        assertThat(describe(virginia).openShardCount()).isEqualTo(3);
        assertThat(await(ireland.listStreams()).streamNames()).isEmpty();
    }

    @Test
    void foldersOfEarlierVersionsMayBeTakenForThoseOfAnotherRegion(@TempDir Path former) throws Exception {
        stop();
        copyTo(former);
        start(settings().dataDirectory(former).account("eu-west-1", "123456789012"));
        assertThat(describe(ireland).streamARN()).isEqualTo("arn:aws:kinesis:eu-west-1:123456789012:stream/orders");
        assertThat(await(virginia.listStreams()).streamNames()).isEmpty();
    }

    private static void copyTo(Path target) throws Exception {
        Path source = Path.of(Objects.requireNonNull(RegionsTest.class.getResource("/data-folder-v1"))
                .toURI());
        try (Stream<Path> files = Files.walk(source)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = target.resolve(source.relativize(file).toString());
                Files.createDirectories(Objects.requireNonNull(copy.getParent()));
                Files.copy(file, copy);
            }
        }
    }

    @Test
    void quotasAndMetersOfRegionsAreApart() throws Exception {
        stop();
        start(settings().quotas(QuotaMode.parse("aws")));
        create(virginia, 1);
        create(ireland, 1);
        put(virginia, "a");
        put(ireland, "b");
        put(ireland, "c");
        String metrics = get(server.endpoint().resolve("/metrics"));
        assertThat(metrics)
                .contains("millrace_server_incoming_records_total{stream=\"orders\"} 1.0")
                .contains("millrace_server_incoming_records_total{stream=\"000000000000:eu-west-1:orders\"} 2.0");
        // DescribeLimits may be called once a second: what one region used up, another still has.
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 20; i++) {
                        await(virginia.describeLimits());
                    }
                })
                .hasCauseInstanceOf(LimitExceededException.class);
        assertThat(await(ireland.describeLimits()).openShardCount()).isEqualTo(1);
    }

    private static String get(URI uri) throws Exception {
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }

    @Test
    void regionsAreTakenFromTheQueryTooAndOnlyIfTheyCanBeRegions() throws Exception {
        create(ireland, 2);
        String query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=local%2F20260101%2F@%2Fkinesis%2Faws4_request"
                + "&X-Amz-Date=20260101T000000Z&X-Amz-SignedHeaders=host&X-Amz-Signature=0";
        assertThat(post(query.replace("@", "eu-west-1"))).contains("eu-west-1:000000000000:stream/orders");
        assertThat(post(query.replace("@", "us-east-1")))
                .contains("Stream orders under account 000000000000 not found");
        assertThat(post(query.replace("@", "EU_WEST")))
                .contains("InvalidSignatureException", "scoped to a valid region, not 'EU_WEST'");
    }

    private String post(String query) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(server.endpoint() + "/?" + query))
                                .header("Content-Type", "application/x-amz-json-1.1")
                                .header("X-Amz-Target", "Kinesis_20131202.DescribeStreamSummary")
                                .POST(HttpRequest.BodyPublishers.ofString("{\"StreamName\": \"orders\"}"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    @Test
    void regionsThatAreTooManyAreRefusedAndThoseThereAreStay() throws Exception {
        create(virginia, 1);
        String refused = "";
        for (int i = 0; i < 300 && refused.isEmpty(); i++) {
            String answer = post(
                    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=local%2F20260101%2Fmade-up-" + i
                            + "%2Fkinesis%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-SignedHeaders=host&X-Amz-Signature=0");
            refused = answer.contains("LimitExceededException") ? answer : "";
        }
        assertThat(refused).contains("This server serves at most 256 accounts and regions");
        assertThat(describe(virginia).openShardCount()).isEqualTo(1);
    }
}
