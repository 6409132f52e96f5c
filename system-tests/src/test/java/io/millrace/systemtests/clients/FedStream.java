package io.millrace.systemtests.clients;

import static java.util.Comparator.comparing;
import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.Consumer;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/**
 * A stream that a test feeds and reshards while a client reads it, and the facts that the client's lines must show. The
 * records of a key count up from 0, so their order can be told from the data. Belongs to one test.
 */
final class FedStream implements AutoCloseable {
    private static final int KEYS = 10;

    private final KinesisAsyncClient kinesis;
    private final String name;
    private final Map<String, List<String>> putByKey = new HashMap<>();

    /** A record as the service keeps it, and the shard that does. */
    record Stored(Shard shard, Record record) {
        String key() {
            return record.partitionKey();
        }

        byte[] data() {
            return record.data().asByteArray();
        }

        /** Whether a partition key belongs to the shard. */
        boolean isOfItsShard(String partitionKey) {
            return rangeOf(shard).contains(HashKey.ofPartitionKey(partitionKey));
        }
    }

    private FedStream(KinesisAsyncClient kinesis, String name) {
        this.kinesis = kinesis;
        this.name = name;
    }

    /** Makes the stream on a server whose changes take no time. */
    static FedStream create(URI endpoint, String name, int shards) {
        KinesisAsyncClient kinesis = KinesisAsyncClient.builder()
                .endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .credentialsProvider(
                        StaticCredentialsProvider.create(AwsBasicCredentials.create(ClientKeys.ID, ClientKeys.SECRET)))
                .build();
        kinesis.createStream(request -> request.streamName(name).shardCount(shards))
                .join();
        return new FedStream(kinesis, name);
    }

    /** Puts so many records, the keys in turn. */
    void put(int count) {
        List<PutRecordsRequestEntry> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String key = "key-" + i % KEYS;
            List<String> before = putByKey.computeIfAbsent(key, none -> new ArrayList<>());
            String data = Integer.toString(before.size());
            before.add(data);
            entries.add(PutRecordsRequestEntry.builder()
                    .partitionKey(key)
                    .data(SdkBytes.fromUtf8String(data))
                    .build());
        }
        PutRecordsResponse response = kinesis.putRecords(
                        request -> request.streamName(name).records(entries))
                .join();
        assertThat(response.failedRecordCount()).isZero();
    }

    /** Splits a shard in the middle. */
    void split(String shardId) {
        HashKey middle = rangeOf(shard(shardId)).middle();
        kinesis.splitShard(request ->
                        request.streamName(name).shardToSplit(shardId).newStartingHashKey(middle.toString()))
                .join();
    }

    void merge(String shardId, String adjacent) {
        kinesis.mergeShards(request ->
                        request.streamName(name).shardToMerge(shardId).adjacentShardToMerge(adjacent))
                .join();
    }

    /** The records as the client printed them, with {@code key} and {@code data}. */
    void checkThatAllArrivedOnceAndInOrder(List<Map<String, String>> records) {
        Map<String, List<String>> seen = records.stream()
                .collect(
                        groupingBy(record -> field(record, "key"), mapping(record -> field(record, "data"), toList())));
        assertThat(seen).isEqualTo(putByKey);
    }

    /** The same of a client that reads a child beside its parent. */
    void checkThatAllArrivedOnceInTheOrderOfEachShard(List<Map<String, String>> records) {
        Map<String, List<Integer>> seen = records.stream()
                .collect(groupingBy(
                        record -> field(record, "shard") + " " + field(record, "key"),
                        mapping(record -> Integer.valueOf(field(record, "data")), toList())));
        assertThat(seen.values()).allSatisfy(numbers -> assertThat(numbers).isSorted());
        checkThatAllArrivedOnceAndInOrder(records.stream()
                .sorted(comparing(record -> Integer.valueOf(field(record, "data"))))
                .toList());
    }

    /** What the client printed in its order: {@code initialized} and {@code shard-ended}, each with {@code shard}. */
    void checkThatParentsEndBeforeTheirChildrenBegin(List<Map<String, String>> lines) {
        List<String> story = lines.stream()
                .filter(line -> line.containsKey("shard"))
                .map(line -> line.get("event") + " " + line.get("shard"))
                .toList();
        for (Shard child : shards()) {
            for (String parent : Stream.of(child.parentShardId(), child.adjacentParentShardId())
                    .filter(id -> id != null)
                    .toList()) {
                assertThat(story).containsSubsequence("shard-ended " + parent, "initialized " + child.shardId());
            }
        }
    }

    /** All that is stored, a shard after the other, each in its order. */
    List<Stored> readAll() {
        List<Stored> all = new ArrayList<>();
        for (Shard shard : shards()) {
            String iterator = kinesis.getShardIterator(request -> request.streamName(name)
                            .shardId(shard.shardId())
                            .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
                    .join()
                    .shardIterator();
            while (iterator != null) {
                String from = iterator;
                GetRecordsResponse page = kinesis.getRecords(request -> request.shardIterator(from))
                        .join();
                page.records().forEach(record -> all.add(new Stored(shard, record)));
                boolean atTip = page.records().isEmpty() && page.millisBehindLatest() == 0;
                iterator = atTip ? null : page.nextShardIterator();
            }
        }
        return all;
    }

    /** The names of the consumers that are registered for fan-out. */
    List<String> consumers() {
        String arn = kinesis.describeStreamSummary(request -> request.streamName(name))
                .join()
                .streamDescriptionSummary()
                .streamARN();
        return kinesis.listStreamConsumers(request -> request.streamARN(arn)).join().consumers().stream()
                .map(Consumer::consumerName)
                .toList();
    }

    private List<Shard> shards() {
        return kinesis.listShards(request -> request.streamName(name)).join().shards();
    }

    private Shard shard(String shardId) {
        return shards().stream()
                .filter(shard -> shard.shardId().equals(shardId))
                .findFirst()
                .orElseThrow();
    }

    private static HashKeyRange rangeOf(Shard shard) {
        return new HashKeyRange(
                HashKey.parse(shard.hashKeyRange().startingHashKey()),
                HashKey.parse(shard.hashKeyRange().endingHashKey()));
    }

    private static String field(Map<String, String> line, String name) {
        return requireNonNull(line.get(name), name);
    }

    @Override
    public void close() {
        kinesis.close();
    }
}
