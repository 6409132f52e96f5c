package io.millrace.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.fanout.InMemoryStream;
import io.millrace.model.Bytes;
import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.model.aggregate.AggregateWriter;
import io.millrace.model.aggregate.Aggregates;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;

class ProducerTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final ShardId FIRST = ShardId.of(0);

    private final Simulation sim = new Simulation(1);
    private InMemoryStream stream = new InMemoryStream(new StreamName("orders"), 1, sim.clock());
    private FaultyKinesis kinesis = new FaultyKinesis(sim, stream);
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

    private ProducerBuilder builder() {
        return Producer.builder().stream("orders")
                .kinesisClient(kinesis)
                .platform(sim)
                .meterRegistry(meters);
    }

    private void shards(int count) {
        stream = new InMemoryStream(new StreamName("orders"), count, sim.clock());
        kinesis = new FaultyKinesis(sim, stream);
    }

    private static CompletableFuture<StoredRecord> send(Producer producer, String key, String data) {
        return producer.send(new OutgoingRecord(key, Bytes.utf8(data))).toCompletableFuture();
    }

    private StoredRecord stored(CompletableFuture<StoredRecord> outcome) {
        sim.runUntil(outcome::isDone, Duration.ofMinutes(2));
        return outcome.join();
    }

    private SendException failed(CompletableFuture<StoredRecord> outcome) {
        sim.runUntil(outcome::isDone, Duration.ofMinutes(5));
        try {
            throw new AssertionError("stored: " + outcome.join());
        } catch (CompletionException e) {
            return (SendException) e.getCause();
        }
    }

    @Test
    void recordsOfAShardTravelAsOneAggregateAndLearnTheirPlaces() {
        Producer producer = builder().build();
        List<CompletableFuture<StoredRecord>> outcomes = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            outcomes.add(send(producer, "key-" + i, "data-" + i));
        }
        for (int i = 0; i < 100; i++) {
            StoredRecord stored = stored(outcomes.get(i));
            assertThat(stored.shard()).isEqualTo(FIRST);
            assertThat(stored.position().subSequenceNumber()).isEqualTo(i);
        }
        assertThat(kinesis.requests()).hasSize(1);
        assertThat(kinesis.requests().get(0).records()).hasSize(1);
        PutRecordsRequestEntry entry = kinesis.requests().get(0).records().get(0);
        assertThat(entry.partitionKey()).isEqualTo(AggregateWriter.PARTITION_KEY);
        assertThat(entry.explicitHashKey())
                .isEqualTo(HashKey.ofPartitionKey("key-0").toString());
        List<StreamRecord> read = Aggregates.SPLIT.in(stream.recordsOf(FIRST), HashKeyRange.ALL);
        assertThat(read).hasSize(100).extracting(StreamRecord::partitionKey).contains("key-0", "key-99");
        assertThat(meters.get("millrace.producer.records")
                        .tag("outcome", "stored")
                        .counter()
                        .count())
                .isEqualTo(100);
        assertThat(meters.get("millrace.producer.entries").counter().count()).isEqualTo(1);
        assertThat(meters.get("millrace.producer.held.records").gauge().value()).isZero();
        assertThat(meters.get("millrace.producer.held.bytes").gauge().value()).isZero();
    }

    @Test
    void oneRecordAloneIsStoredAsItIs() {
        Producer producer = builder().build();
        OutgoingRecord record = new OutgoingRecord("key", Bytes.utf8("data"), HashKey.MAX);
        assertThat(stored(producer.send(record).toCompletableFuture())
                        .position()
                        .subSequenceNumber())
                .isZero();
        PutRecordsRequestEntry entry = kinesis.requests().get(0).records().get(0);
        assertThat(entry.partitionKey()).isEqualTo("key");
        assertThat(entry.explicitHashKey()).isEqualTo(HashKey.MAX.toString());
        assertThat(entry.data().asUtf8String()).isEqualTo("data");
    }

    @Test
    void aggregatesKeepToTheirSizeAndLargerRecordsGoByThemselves() {
        Producer producer = builder().aggregates(1_000).build();
        List<CompletableFuture<StoredRecord>> outcomes = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            outcomes.add(send(producer, "key", "x".repeat(90)));
        }
        outcomes.add(send(producer, "key", "y".repeat(2_000)));
        outcomes.forEach(this::stored);
        List<Integer> sizes = entries().stream()
                .map(entry -> entry.data().asByteArrayUnsafe().length)
                .sorted()
                .toList();
        assertThat(sizes).last().isEqualTo(2_000);
        assertThat(sizes.subList(0, sizes.size() - 1)).hasSize(3).allMatch(size -> size <= 1_000);
    }

    private List<PutRecordsRequestEntry> entries() {
        return kinesis.requests().stream()
                .flatMap(request -> request.records().stream())
                .toList();
    }

    @Test
    void requestsHaveAtMostFiveHundredEntriesAndFiveMebibytes() {
        Producer producer = builder().withoutAggregates().maxBytes(100 << 20).build();
        List<CompletableFuture<StoredRecord>> outcomes = new ArrayList<>();
        for (int i = 0; i < 1_600; i++) {
            outcomes.add(send(producer, "key", "x".repeat(i % 100 == 0 ? 1_000_000 : 10)));
        }
        outcomes.forEach(this::stored);
        assertThat(kinesis.requests()).allSatisfy(request -> {
            assertThat(request.records()).hasSizeLessThanOrEqualTo(500);
            assertThat(request.records().stream()
                            .mapToInt(each -> each.data().asByteArrayUnsafe().length)
                            .sum())
                    .isLessThanOrEqualTo(5 << 20);
        });
        assertThat(entries()).hasSize(1_600);
    }

    @Test
    void onlyThoseRecordsAreSentAgainThatWereRefused() {
        Producer producer = builder().withoutAggregates().build();
        List<CompletableFuture<StoredRecord>> outcomes = new ArrayList<>();
        kinesis.throttleNext(3);
        for (int i = 0; i < 10; i++) {
            outcomes.add(send(producer, "key", Integer.toString(i)));
        }
        outcomes.forEach(this::stored);
        assertThat(kinesis.requests())
                .extracting(request -> request.records().size())
                .containsExactly(10, 3);
        assertThat(meters.get("millrace.producer.again")
                        .tag("reason", "throttled")
                        .counter()
                        .count())
                .isEqualTo(3);
    }

    @Test
    void shardThatIsThrottledDoesNotHoldUpTheOthers() {
        shards(2);
        Producer producer = builder().build();
        kinesis.throttle(FIRST);
        List<CompletableFuture<StoredRecord>> throttled = new ArrayList<>();
        List<CompletableFuture<StoredRecord>> others = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            throttled.add(producer.send(new OutgoingRecord("a", Bytes.utf8("x"), HashKey.MIN))
                    .toCompletableFuture());
            others.add(producer.send(new OutgoingRecord("b", Bytes.utf8("x"), HashKey.MAX))
                    .toCompletableFuture());
            sim.run(Duration.ofMillis(50));
        }
        sim.run(Duration.ofMillis(100));
        assertThat(others).allMatch(CompletableFuture::isDone);
        assertThat(throttled).noneMatch(CompletableFuture::isDone);
        assertThat(entries().stream().filter(entry -> HashKey.MIN.toString().equals(entry.explicitHashKey())))
                .as("the throttled shard is tried every now and then")
                .hasSizeLessThan(20);
        kinesis.throttle(null);
        throttled.forEach(this::stored);
    }

    @Test
    void aggregateThatASplitTookApartIsStoredWhereItBelongs() {
        Producer producer = builder().build();
        stored(send(producer, "first", "x"));
        stream.split(FIRST);
        kinesis.resharded(Duration.ofSeconds(1));
        List<CompletableFuture<StoredRecord>> outcomes = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            outcomes.add(send(producer, "key-" + i, "data-" + i));
        }
        List<String> places = new ArrayList<>();
        outcomes.forEach(
                each -> places.add(stored(each).shard() + "/" + each.join().position()));
        List<String> read = new ArrayList<>();
        stream.shards()
                .forEach(shard -> Aggregates.SPLIT
                        .in(stream.recordsOf(shard.id()), shard.hashKeyRange())
                        .forEach(record -> read.add(shard.id() + "/" + record.position())));
        assertThat(read).containsAll(places);
        assertThat(places).doesNotHaveDuplicates();
        assertThat(meters.get("millrace.producer.again")
                        .tag("reason", "misplaced")
                        .counter()
                        .count())
                .isEqualTo(50);
        // The list was older than the answer at first.
        assertThat(kinesis.listings()).isGreaterThan(2);
    }

    @Test
    void recordThatIsTooOldFailsAndSaysWhy() {
        Producer producer = builder().giveUpAfter(Duration.ofSeconds(3)).build();
        stored(send(producer, "key", "x"));
        kinesis.away(true);
        SendException reason = failed(send(producer, "key", "y"));
        assertThat(reason)
                .isInstanceOf(SendException.Expired.class)
                .hasMessage("not stored within 3.0 s: connection refused");
        assertThat(reason.mayBeStored()).isTrue();
        assertThat(sim.elapsed()).isLessThan(Duration.ofSeconds(4));
    }

    @Test
    void recordThatWasNeverSentIsCertainlyNotStored() {
        kinesis.away(true);
        Producer producer = builder().giveUpAfter(Duration.ofSeconds(3)).build();
        SendException reason = failed(send(producer, "key", "y"));
        assertThat(reason).isInstanceOf(SendException.Expired.class);
        assertThat(reason.mayBeStored()).isFalse();
    }

    @Test
    void recordThatTheServiceDoesNotLikeFailsAloneAmongManyRequestsWorth() {
        Producer producer = builder().withoutAggregates().build();
        kinesis.refuse(
                request -> request.records().stream()
                        .anyMatch(entry -> entry.data().asUtf8String().equals("bad")),
                FaultyKinesis.failure("ValidationException", 400));
        List<CompletableFuture<StoredRecord>> good = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            good.add(send(producer, "key", "good"));
        }
        CompletableFuture<StoredRecord> bad = send(producer, "key", "bad");
        for (int i = 0; i < 40; i++) {
            good.add(send(producer, "key", "good"));
        }
        assertThat(failed(bad)).isInstanceOf(SendException.Refused.class);
        good.forEach(this::stored);
        assertThat(kinesis.requests()).hasSizeLessThan(20);
    }

    @Test
    void withoutPermissionToListShardsRecordsGoOneByOne() {
        kinesis.denyListing();
        Producer producer = builder().build();
        CompletableFuture<StoredRecord> one = send(producer, "a", "1");
        CompletableFuture<StoredRecord> two = send(producer, "b", "2");
        assertThat(stored(one).position().subSequenceNumber()).isZero();
        assertThat(stored(two).position().subSequenceNumber()).isZero();
        assertThat(entries()).extracting(PutRecordsRequestEntry::partitionKey).containsExactly("a", "b");
    }

    @Test
    void orderedKeysAreInARequestOnceWithoutAggregates() {
        Producer producer = builder().ordered().withoutAggregates().build();
        List<CompletableFuture<StoredRecord>> outcomes = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            outcomes.add(send(producer, "key-" + i % 3, Integer.toString(i)));
        }
        outcomes.forEach(this::stored);
        assertThat(kinesis.requests())
                .hasSize(10)
                .allSatisfy(request -> assertThat(request.records())
                        .extracting(PutRecordsRequestEntry::partitionKey)
                        .doesNotHaveDuplicates());
        assertThat(stream.recordsOf(FIRST))
                .extracting(record -> Integer.parseInt(record.data().toUtf8()))
                .isSorted();
    }

    @Test
    void fullProducerFailsTheNewOneOrDropsTheOldestAsItWasTold() {
        Producer failing = builder()
                .maxBytes(1_700)
                .whenFull(WhenFull.FAIL)
                .linger(MINUTE)
                .giveUpAfter(Duration.ofMinutes(9))
                .build();
        List<CompletableFuture<StoredRecord>> kept = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            kept.add(send(failing, "key", "123456"));
        }
        CompletableFuture<StoredRecord> beyond = send(failing, "key", "123456");
        assertThat(beyond).isCompletedExceptionally();
        assertThat(failed(beyond)).isInstanceOf(SendException.NoRoom.class);
        failing.flush();
        kept.forEach(this::stored);
        stored(send(failing, "key", "there is room again"));

        Producer dropping = builder()
                .maxBytes(1_700)
                .whenFull(WhenFull.DROP_OLDEST)
                .linger(MINUTE)
                .giveUpAfter(Duration.ofMinutes(9))
                .build();
        List<CompletableFuture<StoredRecord>> sent = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            sent.add(send(dropping, "key", "123456"));
            sim.run(Duration.ofMillis(1_000));
        }
        assertThat(failed(sent.get(0))).isInstanceOf(SendException.NoRoom.class);
        dropping.flush();
        stored(sent.get(29));
        assertThat(sent.stream().filter(CompletableFuture::isCompletedExceptionally))
                .hasSizeBetween(19, 22);
    }

    @Test
    void flushSendsAtOnceAndWaitsForWhatWasSentBefore() {
        Producer producer =
                builder().linger(MINUTE).giveUpAfter(Duration.ofMinutes(9)).build();
        assertThat(producer.flush().toCompletableFuture())
                .satisfies(done -> sim.runUntil(done::isDone, Duration.ofSeconds(1)));
        CompletableFuture<StoredRecord> before = send(producer, "key", "1");
        CompletableFuture<?> flushed = producer.flush().toCompletableFuture();
        sim.runUntil(flushed::isDone, Duration.ofSeconds(1));
        assertThat(before).isCompleted();
        CompletableFuture<StoredRecord> after = send(producer, "key", "2");
        sim.run(Duration.ofSeconds(30));
        assertThat(after).isNotDone();
        stored(after);
    }

    @Test
    void closingGivesOutWhatIsNotStored() {
        Producer producer = builder().build();
        stored(send(producer, "key", "1"));
        kinesis.away(true);
        CompletableFuture<StoredRecord> left = send(producer, "key", "2");
        CompletableFuture<List<UnstoredRecord>> closed =
                producer.closeAsync(Duration.ofSeconds(5)).toCompletableFuture();
        assertThat(producer.closeAsync(Duration.ZERO)).isSameAs(closed);
        sim.runUntil(closed::isDone, Duration.ofSeconds(6));
        assertThat(closed.join()).hasSize(1);
        assertThat(closed.join().get(0).record().data()).isEqualTo(Bytes.utf8("2"));
        assertThat(closed.join().get(0).reason()).isInstanceOf(SendException.Closed.class);
        assertThat(failed(left)).isInstanceOf(SendException.Closed.class);
        assertThat(failed(send(producer, "key", "3"))).isInstanceOf(SendException.Closed.class);
        assertThat(producer.flush().toCompletableFuture()).isCompleted();
        assertThat(producer.outstanding()).isZero();
    }

    @Test
    void closingStoresWhatItCanAndDoesNotWaitLonger() {
        Producer producer =
                builder().linger(MINUTE).giveUpAfter(Duration.ofMinutes(9)).build();
        CompletableFuture<StoredRecord> last = send(producer, "key", "1");
        CompletableFuture<List<UnstoredRecord>> closed =
                producer.closeAsync(MINUTE).toCompletableFuture();
        sim.runUntil(closed::isDone, Duration.ofSeconds(1));
        assertThat(closed.join()).isEmpty();
        assertThat(last).isCompleted();
    }

    @Test
    void hotKeysAreSpreadAndReadersSeeThemUnchanged() {
        shards(4);
        Producer producer = builder().spread("hot"::equals, 16).build();
        List<CompletableFuture<StoredRecord>> hot = new ArrayList<>();
        List<CompletableFuture<StoredRecord>> cold = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            hot.add(send(producer, "hot", "x"));
            cold.add(send(producer, "cold", "x"));
        }
        assertThat(hot.stream().map(each -> stored(each).shard()).distinct()).hasSizeGreaterThan(2);
        assertThat(cold.stream().map(each -> stored(each).shard()).distinct()).hasSize(1);
        assertThat(stream.shards())
                .allSatisfy(shard -> assertThat(Aggregates.SPLIT.in(stream.recordsOf(shard.id()), shard.hashKeyRange()))
                        .extracting(StreamRecord::partitionKey)
                        .isSubsetOf("hot", "cold"));
    }

    @Test
    void streamThatIsNotThereRefusesAndOneThatComesLaterTakes() {
        kinesis.refuse(request -> true, FaultyKinesis.failure("AccessDeniedException", 400));
        Producer producer = builder().build();
        assertThat(failed(send(producer, "key", "x")))
                .isInstanceOf(SendException.Refused.class)
                .hasMessageContaining("refused: ");
        kinesis.refuse(request -> false, FaultyKinesis.failure("", 400));
        stored(send(producer, "key", "x"));
    }

    @Test
    void idleProducerDoesNothing() {
        Producer producer = builder().build();
        for (int i = 0; i < 10; i++) {
            stored(send(producer, "key", "x"));
        }
        sim.run(Duration.ofSeconds(1));
        AtomicInteger events = new AtomicInteger();
        sim.afterEveryEvent(events::incrementAndGet);
        sim.run(Duration.ofHours(1));
        assertThat(events).hasValue(0);
        assertThat(kinesis.listings()).isEqualTo(1);
    }

    @Test
    void recordsThatNoStreamTakesAreNotSent() {
        Producer producer = builder().build();
        assertThatThrownBy(() -> send(producer, "", "x"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a partition key has 1 to 256 characters, not 0");
        assertThatThrownBy(() -> send(producer, "k".repeat(257), "x")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> send(producer, "half \ud83d", "x"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("surrogate");
        assertThatThrownBy(() -> send(producer, "key", "x".repeat(1 << 20)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("maxRecordBytes()");
        stored(send(producer, "whole \ud83d\ude00", "x"));
        assertThat(new OutgoingRecord("secret", Bytes.utf8("secret")).toString())
                .doesNotContain("secret");
    }

    @Test
    void builderSaysWhatIsMissingOrDoesNotFit() {
        assertThatThrownBy(() -> Producer.builder().build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("stream()");
        assertThatThrownBy(() -> Producer.builder().stream("not a name")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Producer.builder().aggregates(10)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder().giveUpAfter(MINUTE).linger(MINUTE).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("linger() must be shorter");
        assertThatThrownBy(() -> builder().ordered().spread(key -> true, 2).build())
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void streamMayBeGivenByItsArn() {
        String arn = "arn:aws:kinesis:us-east-1:111122223333:stream/orders";
        Producer producer = builder().stream(arn).build();
        stored(send(producer, "key", "x"));
        PutRecordsRequest request = kinesis.requests().get(0);
        assertThat(request.streamARN()).isEqualTo(arn);
        assertThat(request.streamName()).isNull();
    }
}
