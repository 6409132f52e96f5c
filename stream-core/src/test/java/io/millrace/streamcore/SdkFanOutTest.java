package io.millrace.streamcore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.streamcore.api.push.PushSettings;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.SdkHttpConfigurationOption;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ConsumerStatus;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StartingPosition;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.utils.AttributeMap;

/** Enhanced fan-out through the asynchronous client of the AWS SDK for Java v2, plain and over TLS without ALPN. */
class SdkFanOutTest {
    private static final String STREAM = "orders";
    private static final String FIRST = "shardId-000000000000";

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @SuppressWarnings("NullAway.Init") // set before each test
    private StreamServer server;

    @SuppressWarnings("NullAway.Init") // set before each test
    private KinesisAsyncClient client;

    @SuppressWarnings("NullAway.Init") // set before each test
    private String streamArn;

    @BeforeEach
    void start() throws Exception {
        start(PushSettings.DEFAULTS);
    }

    private void start(PushSettings push) throws Exception {
        server = StreamServer.builder()
                .port(0)
                .tlsPort(0)
                .dataDirectory(folder)
                .transitionTime(Duration.ZERO)
                .push(push)
                .start();
        client = connect(server.endpoint());
        if (await(client.listStreams()).streamNames().isEmpty()) {
            await(client.createStream(b -> b.streamName(STREAM).shardCount(1)));
        }
        streamArn = await(client.describeStreamSummary(b -> b.streamName(STREAM)))
                .streamDescriptionSummary()
                .streamARN();
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    private void restart(PushSettings push) throws Exception {
        stop();
        start(push);
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "https", "https on the main port"})
    void recordsComeThroughSplitAndMergeInOrderAndOnce(String how) throws Exception {
        client.close();
        client = connect(
                switch (how) {
                    case "http" -> server.endpoint();
                    case "https" -> server.tlsEndpoint();
                    default -> URI.create(server.endpoint().toString().replace("http:", "https:"));
                });
        String consumer = register("app");
        SdkPipe parent = subscribe(consumer, FIRST, b -> b.type(ShardIteratorType.LATEST))
                .awaitStart();
        List<String> first = put("first", 1000);
        assertThat(parent.read(1000)).isEqualTo(first);
        List<String> second = put("second", 10);
        await(client.splitShard(b -> b.streamName(STREAM)
                .shardToSplit(FIRST)
                .newStartingHashKey("170141183460469231731687303715884105728")));
        List<String> children = new ArrayList<>();
        assertThat(parent.readToEnd(children)).isEqualTo(second);
        assertThat(children).containsExactly("shardId-000000000001", "shardId-000000000002");

        List<String> third = put("third", 100);
        await(client.mergeShards(
                b -> b.streamName(STREAM).shardToMerge(children.get(0)).adjacentShardToMerge(children.get(1))));
        List<String> fourth = put("fourth", 10);
        List<String> grandchildren = new ArrayList<>();
        List<String> read = new ArrayList<>();
        for (String child : children) {
            read.addAll(subscribe(consumer, child, b -> b.type(ShardIteratorType.TRIM_HORIZON))
                    .readToEnd(grandchildren));
        }
        assertThat(read).containsExactlyInAnyOrderElementsOf(third);
        assertThat(grandchildren).containsExactly("shardId-000000000003", "shardId-000000000003");
        assertThat(subscribe(consumer, "shardId-000000000003", b -> b.type(ShardIteratorType.TRIM_HORIZON))
                        .read(10))
                .isEqualTo(fourth);
    }

    /** The stream's tag turns limits on while the server runs: the pipe pauses, and metrics tell what it pushed. */
    @Test
    void aPipeOfAStreamWithQuotasPausesAndLosesNothing() throws Exception {
        String consumer = register("app");
        String large = "x".repeat((1 << 20) - 100);
        for (int i = 0; i < 8; i++) {
            await(client.putRecord(b -> b.streamName(STREAM).partitionKey("k").data(SdkBytes.fromUtf8String(large))));
        }
        await(client.addTagsToStream(b -> b.streamName(STREAM).tags(Map.of("millrace:quotas", "aws"))));
        long begun = System.nanoTime();
        SdkPipe pipe = subscribe(consumer, FIRST, b -> b.type(ShardIteratorType.TRIM_HORIZON));
        assertThat(pipe.read(8)).hasSize(8);
        // Two of the eight MiB are saved up and one more may overdraw; the other five take 2.5 s at the service's pace.
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(Duration.ofSeconds(2));
        assertThat(server.metrics()
                        .get("millrace.server.pushed.records")
                        .tag("consumer", "app")
                        .functionCounter()
                        .count())
                .isEqualTo(8);
        assertThat(server.metrics().get("millrace.server.pipes").gauge().value())
                .isEqualTo(1);
        assertThatThrownBy(() -> await(
                        client.addTagsToStream(b -> b.streamName(STREAM).tags(Map.of("millrace:quotas", "tight")))))
                .hasMessageContaining("millrace:quotas: quotas are off, aws, or a number");
        pipe.cancel();
        await(client.deregisterStreamConsumer(b -> b.consumerARN(consumer)));
        assertThat(server.metrics().find("millrace.server.pipes").meters()).isEmpty();
    }

    @Test
    void everyStartingPositionIsExact() throws Exception {
        put("old", 5);
        String marked = await(client.putRecord(
                        b -> b.streamName(STREAM).partitionKey("k").data(SdkBytes.fromUtf8String("marked"))))
                .sequenceNumber();
        put("new", 5);
        Instant before = Instant.now().minusSeconds(60);
        assertThat(subscribe(
                                register("time"),
                                FIRST,
                                b -> b.type(ShardIteratorType.AT_TIMESTAMP).timestamp(before))
                        .read(11))
                .startsWith("old-0");
        SdkPipe latest = subscribe(
                register("now"),
                FIRST,
                b -> b.type(ShardIteratorType.AT_TIMESTAMP)
                        .timestamp(Instant.now().minusMillis(1)));
        assertThat(latest.next().continuationSequenceNumber()).isNotEmpty();
        List<String> after = texts("new", 5);
        List<String> at = new ArrayList<>(List.of("marked"));
        at.addAll(after);
        assertThat(subscribe(
                                register("at"),
                                FIRST,
                                b -> b.type(ShardIteratorType.AT_SEQUENCE_NUMBER)
                                        .sequenceNumber(marked))
                        .read(6))
                .isEqualTo(at);
        assertThat(subscribe(
                                register("after"),
                                FIRST,
                                b -> b.type(ShardIteratorType.AFTER_SEQUENCE_NUMBER)
                                        .sequenceNumber(marked))
                        .read(5))
                .isEqualTo(after);
        assertThat(subscribe(register("horizon"), FIRST, b -> b.type(ShardIteratorType.TRIM_HORIZON))
                        .read(11))
                .startsWith("old-0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"})
    void theContinuationResumesWithoutLossOrRepeat(String type) throws Exception {
        restart(new PushSettings(Duration.ofMinutes(5), Duration.ofSeconds(4), Duration.ZERO, 7, 1 << 20));
        String consumer = register("app");
        SdkPipe pipe = subscribe(consumer, FIRST, b -> b.type(ShardIteratorType.TRIM_HORIZON));
        assertThat(pipe.next().records()).isEmpty();
        List<String> read = new ArrayList<>();
        List<String> put = new ArrayList<>();
        for (int round = 0; round < 10; round++) {
            String here = pipe.continuation();
            pipe.cancel();
            put.addAll(put("round" + round, 9));
            pipe = subscribe(
                    consumer,
                    FIRST,
                    b -> b.type(ShardIteratorType.fromValue(type)).sequenceNumber(here));
            // Seven of nine, two of nine, or none but a heartbeat: each leaves another kind of continuation.
            while (put.size() - read.size() > (round % 2) * 2) {
                read.addAll(SdkPipe.texts(pipe.next()));
            }
            if (round % 3 == 0) {
                assertThat(pipe.next().records())
                        .hasSizeLessThanOrEqualTo(2)
                        .satisfies(records ->
                                records.forEach(record -> read.add(record.data().asUtf8String())));
            }
        }
        String here = pipe.continuation();
        pipe.cancel();
        SdkPipe last = subscribe(
                consumer, FIRST, b -> b.type(ShardIteratorType.fromValue(type)).sequenceNumber(here));
        while (read.size() < put.size()) {
            read.addAll(SdkPipe.texts(last.next()));
        }
        assertThat(read).isEqualTo(put);
    }

    @Test
    void aSecondSubscriptionIsRefusedForFiveSecondsAndThenTakesOver() throws Exception {
        String consumer = register("app");
        SdkPipe first = subscribe(consumer, FIRST, b -> b.type(ShardIteratorType.LATEST))
                .awaitStart();
        Throwable refusal = subscribe(consumer, FIRST, b -> b.type(ShardIteratorType.LATEST))
                .awaitFailure();
        assertThat(refusal).isInstanceOf(ResourceInUseException.class).hasMessageContaining("Another active");
        put("one", 1);
        assertThat(first.read(1)).containsExactly("one-0");

        restart(new PushSettings(Duration.ofMinutes(5), Duration.ofSeconds(4), Duration.ZERO, 100, 1 << 20));
        SdkPipe old = subscribe(consumer, FIRST, b -> b.type(ShardIteratorType.LATEST))
                .awaitStart();
        SdkPipe next = subscribe(consumer, FIRST, b -> b.type(ShardIteratorType.LATEST))
                .awaitStart();
        assertThat(old.awaitFailure())
                .isInstanceOf(ResourceInUseException.class)
                .hasMessageContaining("Another active subscription exists for this consumer");
        put("two", 1);
        assertThat(next.read(1)).containsExactly("two-0");
    }

    @Test
    void whatIsNotThereIsRefusedBeforeTheStreamOfEventsBegins() throws Exception {
        String consumer = register("app");
        String unknown = consumer.replace("/app:", "/none:");
        assertThat(subscribe(unknown, FIRST, b -> b.type(ShardIteratorType.LATEST))
                        .awaitFailure())
                .isInstanceOf(ResourceNotFoundException.class);
        assertThat(subscribe(consumer + "0", FIRST, b -> b.type(ShardIteratorType.LATEST))
                        .awaitFailure())
                .isInstanceOf(ResourceNotFoundException.class);
        assertThat(subscribe(
                                consumer,
                                FIRST,
                                b -> b.type(ShardIteratorType.AT_SEQUENCE_NUMBER)
                                        .sequenceNumber(
                                                SequenceNumber.of(12, 0, 1, 12).toString()))
                        .awaitFailure())
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("used in SubscribeToShard on shard " + FIRST + " in stream orders")
                .hasMessageContaining("did not come from this stream");
        assertThat(subscribe(consumer, "shardId-000000000009", b -> b.type(ShardIteratorType.LATEST))
                        .awaitFailure())
                .isInstanceOf(ResourceNotFoundException.class);
    }

    @Test
    void aLifeEndsCleanlyAndAnIdlePipeBeats() throws Exception {
        restart(new PushSettings(Duration.ofSeconds(1), Duration.ofMillis(100), Duration.ofSeconds(5), 100, 1 << 20));
        SdkPipe pipe = subscribe(register("app"), FIRST, b -> b.type(ShardIteratorType.LATEST));
        for (int beat = 0; beat < 4; beat++) {
            SubscribeToShardEvent event = pipe.next();
            assertThat(event.records()).isEmpty();
            assertThat(event.continuationSequenceNumber()).isNotEmpty();
            assertThat(event.millisBehindLatest()).isZero();
        }
        pipe.awaitEnd();
    }

    @Test
    void aDeregisteredConsumerLosesItsPipe() throws Exception {
        String consumer = register("app");
        SdkPipe pipe = subscribe(consumer, FIRST, b -> b.type(ShardIteratorType.LATEST))
                .awaitStart();
        await(client.deregisterStreamConsumer(b -> b.consumerARN(consumer)));
        assertThat(pipe.awaitFailure()).isInstanceOf(ResourceNotFoundException.class);
        assertThatThrownBy(() -> await(client.describeStreamConsumer(b -> b.consumerARN(consumer))))
                .isInstanceOf(ResourceNotFoundException.class);
    }

    @Test
    void aClosingServerEndsPipesCleanly() throws Exception {
        SdkPipe pipe = subscribe(register("app"), FIRST, b -> b.type(ShardIteratorType.LATEST))
                .awaitStart();
        server.close();
        pipe.awaitEnd();
    }

    @Test
    void twoHundredPipesOnOneConnectionGetEverything() throws Exception {
        int shards = 20;
        await(client.createStream(b -> b.streamName("wide").shardCount(shards)));
        List<SdkPipe> pipes = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            String consumer = register("wide", "app" + i);
            for (int shard = 0; shard < shards; shard++) {
                pipes.add(subscribe(consumer, ShardId.of(shard).value(), b -> b.type(ShardIteratorType.LATEST)));
            }
        }
        for (SdkPipe pipe : pipes) {
            pipe.awaitStart();
        }
        List<String> put = put("wide", "all", 2000);
        for (var shard : await(client.listShards(b -> b.streamName("wide"))).shards()) {
            await(client.putRecord(b -> b.streamName("wide")
                    .partitionKey("end")
                    .explicitHashKey(shard.hashKeyRange().startingHashKey())
                    .data(SdkBytes.fromUtf8String("end"))));
        }
        List<String> all = new ArrayList<>();
        for (int shard = 0; shard < shards; shard++) {
            List<String> ofShard = pipes.get(shard).readUntil("end");
            all.addAll(ofShard);
            for (int other = shard + shards; other < pipes.size(); other += shards) {
                assertThat(pipes.get(other).readUntil("end")).isEqualTo(ofShard);
            }
        }
        assertThat(all).containsExactlyInAnyOrderElementsOf(put);
    }

    @Test
    void aPipeThatReadsNothingHoldsLittleMemoryAndHarmsNobody() throws Exception {
        // More than the newest batches that stay in memory.
        putWhileOnePipeReadsNothing(72);
    }

    @Test
    @Tag("slow")
    void aPipeThatReadsNothingHoldsLittleMemoryWhileAGigabyteIsPut() throws Exception {
        putWhileOnePipeReadsNothing(1000);
    }

    private void putWhileOnePipeReadsNothing(int megabytes) throws Exception {
        // Its client's window is shared by all streams of a connection: the others have connections of their own.
        KinesisAsyncClient stalled = connect(server.endpoint());
        try {
            await(SdkPipe.unread(stalled, register("stalled"), FIRST));
            SdkPipe first = subscribe(register("first"), FIRST, b -> b.type(ShardIteratorType.LATEST))
                    .awaitStart();
            SdkPipe second = subscribe(register("second"), FIRST, b -> b.type(ShardIteratorType.LATEST))
                    .awaitStart();
            String text = "x".repeat(250_000);
            long most = 0;
            for (int megabyte = 0; megabyte < megabytes; megabyte++) {
                List<PutRecordsRequestEntry> entries = IntStream.range(0, 4)
                        .mapToObj(i -> PutRecordsRequestEntry.builder()
                                .partitionKey("k")
                                .data(SdkBytes.fromUtf8String(text))
                                .build())
                        .toList();
                assertThat(await(client.putRecords(b -> b.streamName(STREAM).records(entries)))
                                .failedRecordCount())
                        .isZero();
                most = Math.max(most, waitingBytes());
                assertThat(first.read(4)).containsOnly(text);
                assertThat(second.read(4)).containsOnly(text);
            }
            assertThat(most).isBetween(1L, 3 * (2L << 20));
        } finally {
            stalled.close();
        }
    }

    /** What waits in the server's memory for the clients of all pipes. */
    private long waitingBytes() throws Exception {
        String metrics = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(server.endpoint().resolve("/metrics"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
        return metrics.lines()
                .filter(line -> line.startsWith("millrace_server_pushed_waiting_bytes"))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void consumersAreRegisteredDescribedListedAndSurviveARestart() throws Exception {
        String arn = register("b");
        await(client.registerStreamConsumer(
                b -> b.streamARN(streamArn).consumerName("a").tags(Map.of("k", "v"))));
        register("c");
        assertThat(arn).matches("arn:aws:kinesis:us-east-1:000000000000:stream/orders/consumer/b:\\d{10}");
        assertThatThrownBy(() -> register("b")).isInstanceOf(ResourceInUseException.class);
        var first = await(client.listStreamConsumers(b -> b.streamARN(streamArn).maxResults(2)));
        assertThat(first.consumers()).extracting(c -> c.consumerName()).containsExactly("a", "b");
        var second = await(client.listStreamConsumers(
                b -> b.streamARN(streamArn).maxResults(2).nextToken(first.nextToken())));
        assertThat(second.consumers()).extracting(c -> c.consumerName()).containsExactly("c");
        assertThat(second.nextToken()).isNull();

        restart(PushSettings.DEFAULTS);
        var described = await(client.describeStreamConsumer(
                        b -> b.streamARN(streamArn).consumerName("b")))
                .consumerDescription();
        assertThat(described.consumerARN()).isEqualTo(arn);
        assertThat(described.streamARN()).isEqualTo(streamArn);
        assertThat(described.consumerStatus()).isEqualTo(ConsumerStatus.ACTIVE);
        assertThat(await(client.describeStreamSummary(b -> b.streamName(STREAM)))
                        .streamDescriptionSummary()
                        .consumerCount())
                .isEqualTo(3);
        assertThatThrownBy(() -> await(client.deleteStream(b -> b.streamName(STREAM))))
                .isInstanceOf(ResourceInUseException.class);
        await(client.deleteStream(b -> b.streamName(STREAM).enforceConsumerDeletion(true)));
        await(client.createStream(b -> b.streamName(STREAM).shardCount(1)));
        assertThat(await(client.listStreamConsumers(b -> b.streamARN(streamArn)))
                        .consumers())
                .isEmpty();
    }

    @Test
    void aStreamHasTwentyConsumers() throws Exception {
        for (int i = 0; i < 20; i++) {
            register("app" + i);
        }
        assertThatThrownBy(() -> register("one too many")).isInstanceOf(Exception.class);
        assertThatThrownBy(() -> register("oneTooMany")).isInstanceOf(LimitExceededException.class);
    }

    private SdkPipe subscribe(String consumer, String shard, Consumer<StartingPosition.Builder> from) {
        return new SdkPipe(client, consumer, shard, from);
    }

    private String register(String name) throws Exception {
        return register(STREAM, name);
    }

    private String register(String stream, String name) throws Exception {
        String arn = streamArn.replace(STREAM, stream);
        return await(client.registerStreamConsumer(b -> b.streamARN(arn).consumerName(name)))
                .consumer()
                .consumerARN();
    }

    private List<String> put(String prefix, int count) throws Exception {
        return put(STREAM, prefix, count);
    }

    private List<String> put(String stream, String prefix, int count) throws Exception {
        List<String> texts = texts(prefix, count);
        for (int from = 0; from < count; from += 500) {
            List<PutRecordsRequestEntry> entries = texts.subList(from, Math.min(count, from + 500)).stream()
                    .map(text -> PutRecordsRequestEntry.builder()
                            .partitionKey(text)
                            .data(SdkBytes.fromUtf8String(text))
                            .build())
                    .toList();
            assertThat(await(client.putRecords(b -> b.streamName(stream).records(entries)))
                            .failedRecordCount())
                    .isZero();
        }
        return texts;
    }

    private static List<String> texts(String prefix, int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + "-" + i).toList();
    }

    private static KinesisAsyncClient connect(URI endpoint) {
        return KinesisAsyncClient.builder()
                .endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("key", "secret")))
                .httpClient(NettyNioAsyncHttpClient.builder()
                        .maxConcurrency(1000)
                        .http2Configuration(b -> b.maxStreams(1000L))
                        .buildWithDefaults(AttributeMap.builder()
                                .put(SdkHttpConfigurationOption.TRUST_ALL_CERTIFICATES, true)
                                .build()))
                .build();
    }

    private static <T> T await(CompletableFuture<T> future) throws Exception {
        try {
            return future.get(20, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            @Nullable Throwable cause = e.getCause();
            if (cause instanceof Exception exception) {
                throw exception;
            }
            throw e;
        }
    }
}
