package io.millrace.streamcore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.HashKey;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
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
import software.amazon.awssdk.services.kinesis.model.ChildShard;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.KinesisException;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardFilterType;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;
import software.amazon.awssdk.utils.AttributeMap;

/** The asynchronous client of the AWS SDK for Java v2: CBOR over HTTP/2, plain and over TLS without ALPN. */
class SdkClientTest {
    private static final String STREAM = "orders";

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @SuppressWarnings("NullAway.Init") // set before each test
    private StreamServer server;

    @SuppressWarnings("NullAway.Init") // set by each test, through connect
    private KinesisAsyncClient client;

    @BeforeEach
    void start() {
        server = StreamServer.builder()
                .port(0)
                .tlsPort(0)
                .dataDirectory(folder)
                .transitionTime(Duration.ZERO)
                .start();
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "https", "https on the main port"})
    void everyRecordIsReadBackByEveryIteratorTypeThroughSplitAndMerge(String how) throws Exception {
        connect(how);
        await(client.createStream(b -> b.streamName(STREAM).shardCount(2)));
        awaitActive();
        Instant before = Instant.now().minusSeconds(1);
        Set<String> put = new TreeSet<>();
        put.addAll(putSome("first", 100));
        Shard parent = shards().get(0);
        HashKey middle = HashKey.of(new HashKey(0, 0)
                .toBigInteger()
                .add(HashKey.parse(parent.hashKeyRange().endingHashKey()).toBigInteger())
                .shiftRight(1));
        await(client.splitShard(
                b -> b.streamName(STREAM).shardToSplit(parent.shardId()).newStartingHashKey(middle.toString())));
        awaitActive();
        put.addAll(putSome("second", 100));
        await(client.mergeShards(b -> b.streamName(STREAM)
                .shardToMerge("shardId-000000000002")
                .adjacentShardToMerge("shardId-000000000003")));
        awaitActive();
        put.addAll(putSome("third", 100));

        assertThat(shards()).hasSize(5);
        assertThat(readAll(b -> b.shardIteratorType(ShardIteratorType.TRIM_HORIZON)))
                .isEqualTo(put);
        assertThat(readAll(
                        b -> b.shardIteratorType(ShardIteratorType.AT_TIMESTAMP).timestamp(before)))
                .isEqualTo(put);
        assertThat(readAll(b -> b.shardIteratorType(ShardIteratorType.LATEST))).isEmpty();
        readBySequenceNumber(put);
        childrenAreHandedOutAtTheParentsEnd();
    }

    @Test
    void latestSeesOnlyWhatComesAfterIt() throws Exception {
        connect("http");
        await(client.createStream(b -> b.streamName(STREAM).shardCount(1)));
        awaitActive();
        putSome("before", 10);
        String iterator = iterator("shardId-000000000000", b -> b.shardIteratorType(ShardIteratorType.LATEST));
        Set<String> after = putSome("after", 10);

        assertThat(texts(
                        await(client.getRecords(b -> b.shardIterator(iterator))).records()))
                .isEqualTo(after);
    }

    @Test
    void errorsAreTheClientsOwnExceptions() throws Exception {
        connect("http");
        assertThatThrownBy(() -> await(client.describeStream(b -> b.streamName("missing"))))
                .isInstanceOf(ResourceNotFoundException.class)
                .hasMessageContaining("Stream missing under account 000000000000 not found.");
        assertThatThrownBy(() -> await(client.getRecords(b -> b.shardIterator("AAAA"))))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("Invalid ShardIterator.");
        assertThatThrownBy(
                        () -> await(client.createStream(b -> b.streamName("a b").shardCount(0))))
                .isInstanceOf(KinesisException.class)
                .hasMessageContaining("2 validation errors detected")
                .satisfies(error -> assertThat(
                                ((KinesisException) error).awsErrorDetails().errorCode())
                        .isEqualTo("ValidationException"));
    }

    @Test
    void largeRecordsArriveWhole() throws Exception {
        connect("http");
        await(client.createStream(b -> b.streamName(STREAM).shardCount(1)));
        awaitActive();
        byte[] large = new byte[(1 << 20) - 3];
        for (int i = 0; i < large.length; i++) {
            large[i] = (byte) (i * 31);
        }
        await(client.putRecords(b -> b.streamName(STREAM)
                .records(java.util.Collections.nCopies(
                        9,
                        PutRecordsRequestEntry.builder()
                                .partitionKey("key")
                                .data(SdkBytes.fromByteArray(large))
                                .build()))));
        GetRecordsResponse page = await(client.getRecords(b -> b.shardIterator(
                iteratorUnchecked("shardId-000000000000", i -> i.shardIteratorType(ShardIteratorType.TRIM_HORIZON)))));

        assertThat(page.records()).hasSize(9);
        assertThat(page.records().get(8).data().asByteArray()).isEqualTo(large);
    }

    @Test
    void listingsArePaged() throws Exception {
        connect("http");
        await(client.createStream(b -> b.streamName(STREAM).shardCount(5)));
        await(client.createStream(b -> b.streamName("other").shardCount(1)));
        awaitActive();
        List<String> seen = new ArrayList<>();
        String token = null;
        do {
            String next = token;
            var page = await(client.listShards(b -> {
                if (next == null) {
                    b.streamName(STREAM).shardFilter(f -> f.type(ShardFilterType.AT_LATEST));
                } else {
                    b.nextToken(next);
                }
                b.maxResults(2);
            }));
            page.shards().forEach(shard -> seen.add(shard.shardId()));
            token = page.nextToken();
        } while (token != null);
        assertThat(seen).hasSize(5).isSorted().doesNotHaveDuplicates();

        var first = await(client.listStreams(b -> b.limit(1)));
        assertThat(first.streamNames()).containsExactly(STREAM);
        assertThat(first.hasMoreStreams()).isTrue();
        var second = await(client.listStreams(b -> b.nextToken(first.nextToken())));
        assertThat(second.streamNames()).containsExactly("other");
        assertThat(second.hasMoreStreams()).isFalse();
        assertThat(second.streamSummaries().get(0).streamStatus()).isEqualTo(StreamStatus.ACTIVE);
    }

    private void readBySequenceNumber(Set<String> put) throws Exception {
        Set<String> at = new TreeSet<>();
        Set<String> after = new TreeSet<>();
        for (Shard shard : shards()) {
            List<Record> records = readShard(shard.shardId(), b -> b.shardIteratorType(ShardIteratorType.TRIM_HORIZON));
            if (!records.isEmpty()) {
                String first = records.get(0).sequenceNumber();
                at.addAll(texts(readShard(
                        shard.shardId(),
                        b -> b.shardIteratorType(ShardIteratorType.AT_SEQUENCE_NUMBER)
                                .startingSequenceNumber(first))));
                List<Record> rest = readShard(
                        shard.shardId(),
                        b -> b.shardIteratorType(ShardIteratorType.AFTER_SEQUENCE_NUMBER)
                                .startingSequenceNumber(first));
                assertThat(rest).hasSize(records.size() - 1);
                after.addAll(texts(rest));
                after.add(records.get(0).data().asUtf8String());
            }
        }
        assertThat(at).isEqualTo(put);
        assertThat(after).isEqualTo(put);
    }

    private void childrenAreHandedOutAtTheParentsEnd() throws Exception {
        String iterator = iterator("shardId-000000000000", b -> b.shardIteratorType(ShardIteratorType.TRIM_HORIZON));
        GetRecordsResponse page = await(client.getRecords(b -> b.shardIterator(iterator)));
        while (page.nextShardIterator() != null) {
            String next = page.nextShardIterator();
            page = await(client.getRecords(b -> b.shardIterator(next)));
        }
        assertThat(page.childShards())
                .extracting(ChildShard::shardId)
                .containsExactly("shardId-000000000002", "shardId-000000000003");
    }

    private Set<String> putSome(String prefix, int count) throws Exception {
        Set<String> put = new TreeSet<>();
        List<PutRecordsRequestEntry> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String text = prefix + "-" + i;
            put.add(text);
            if (i % 2 == 0) {
                entries.add(PutRecordsRequestEntry.builder()
                        .partitionKey(text)
                        .data(SdkBytes.fromUtf8String(text))
                        .build());
            } else {
                String sequenceNumber = await(client.putRecord(
                                b -> b.streamName(STREAM).partitionKey(text).data(SdkBytes.fromString(text, UTF_8))))
                        .sequenceNumber();
                assertThat(sequenceNumber).isNotEmpty();
            }
        }
        assertThat(await(client.putRecords(b -> b.streamName(STREAM).records(entries)))
                        .failedRecordCount())
                .isZero();
        return put;
    }

    private List<Shard> shards() throws Exception {
        return await(client.listShards(b -> b.streamName(STREAM))).shards();
    }

    private Set<String> readAll(Consumer<GetShardIteratorRequest.Builder> from) throws Exception {
        Set<String> read = new TreeSet<>();
        for (Shard shard : shards()) {
            read.addAll(texts(readShard(shard.shardId(), from)));
        }
        return read;
    }

    private List<Record> readShard(String shard, Consumer<GetShardIteratorRequest.Builder> from) throws Exception {
        List<Record> read = new ArrayList<>();
        String iterator = iterator(shard, from);
        while (iterator != null) {
            String here = iterator;
            GetRecordsResponse page =
                    await(client.getRecords(b -> b.shardIterator(here).limit(30)));
            read.addAll(page.records());
            iterator = page.records().isEmpty() ? null : page.nextShardIterator();
        }
        return read;
    }

    private static Set<String> texts(List<Record> records) {
        Set<String> texts = new TreeSet<>();
        for (Record record : records) {
            assertThat(record.approximateArrivalTimestamp())
                    .isBetween(Instant.now().minusSeconds(60), Instant.now());
            texts.add(record.data().asUtf8String());
        }
        return texts;
    }

    private String iterator(String shard, Consumer<GetShardIteratorRequest.Builder> from) throws Exception {
        return await(client.getShardIterator(b -> {
                    b.streamName(STREAM).shardId(shard);
                    from.accept(b);
                }))
                .shardIterator();
    }

    private String iteratorUnchecked(String shard, Consumer<GetShardIteratorRequest.Builder> from) {
        try {
            return iterator(shard, from);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private void awaitActive() throws Exception {
        await(client.waiter().waitUntilStreamExists(b -> b.streamName(STREAM)));
    }

    private void connect(String how) {
        URI endpoint = switch (how) {
            case "http" -> server.endpoint();
            case "https" -> server.tlsEndpoint();
            default -> URI.create(server.endpoint().toString().replace("http:", "https:"));
        };
        client = KinesisAsyncClient.builder()
                .endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("key", "secret")))
                .httpClient(NettyNioAsyncHttpClient.builder()
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
