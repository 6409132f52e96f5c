package io.millrace.fanout.polling;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.fanout.ByteBudget;
import io.millrace.fanout.InMemoryStream;
import io.millrace.fanout.RecordSource;
import io.millrace.fanout.RecordSourceListener;
import io.millrace.fanout.ShardIterator;
import io.millrace.fanout.ShardPage;
import io.millrace.fanout.ShardReadException;
import io.millrace.fanout.ShardReader;
import io.millrace.fanout.SourceBatch;
import io.millrace.fanout.SourceTrouble;
import io.millrace.model.Bytes;
import io.millrace.model.ChildShard;
import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.model.aggregate.AggregateWriter;
import io.millrace.model.aggregate.Aggregates;
import io.millrace.runtime.EventLoop;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PollingSourceTest {
    private static final StreamName STREAM = new StreamName("orders");
    private static final ShardId SHARD = ShardId.of(0);

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

    static LongStream seeds() {
        Long replay = Long.getLong("seed");
        return replay != null ? LongStream.of(replay) : LongStream.range(0, 100);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyRecordComesOnceAndInOrderWhateverFails(long seed) {
        Fixture f = new Fixture(seed, 20, PollingSettings.DEFAULT.withMaxRecordsPerBatch(37));
        f.open(Position.trimHorizon());
        f.takeAllAfterRandomPauses();
        for (int i = 0; i < 2_000; i++) {
            int number = i;
            f.sim.at(Duration.ofMillis(f.sim.random().nextInt(60_000)), () -> f.put("key-" + number % 10));
        }
        f.sim.at(Duration.ofSeconds(61), () -> f.stream.split(SHARD));
        f.sim.runUntil(() -> f.children != null, Duration.ofHours(2));
        assertThat(f.taken).as("seed " + seed).isEqualTo(f.stream.recordsOf(SHARD));
        assertThat(f.children).hasSize(2);
        f.source.close();
        assertThat(f.sources.budget().taken()).as("seed " + seed).isZero();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyUserRecordOfTheShardComesOnceAndInOrderWhateverFails(long seed) {
        Fixture f = new Fixture(seed, 20, PollingSettings.DEFAULT.withMaxRecordsPerBatch(7));
        f.hashKeys = HashKeyRange.evenly(3).get(1);
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            int number = i;
            f.sim.at(Duration.ofMillis(f.sim.random().nextInt(60_000)), () -> f.putParts(number, expected));
        }
        f.open(Position.trimHorizon());
        f.takeAllAfterRandomPauses();
        f.sim.at(Duration.ofSeconds(61), () -> f.stream.split(SHARD));
        f.sim.runUntil(() -> f.children != null, Duration.ofHours(2));
        assertThat(f.takenPlaces()).as("seed " + seed).isEqualTo(expected);
        f.source.close();
        assertThat(f.sources.budget().taken()).as("seed " + seed).isZero();
    }

    @Test
    void readingGoesOnWithinAnAggregate() {
        Fixture f = new Fixture(1, 0, PollingSettings.DEFAULT.withMaxRecordsPerBatch(2));
        StreamRecord packed = f.stream.put("key", aggregate(5));
        f.put("key");
        f.open(new Position.AfterRecord(new RecordPosition(packed.sequenceNumber(), 1)));
        f.takeAllAfterRandomPauses();
        f.sim.runUntil(() -> f.taken.size() == 4, Duration.ofSeconds(10));
        assertThat(f.taken).extracting(StreamRecord::subSequenceNumber).containsExactly(2L, 3L, 4L, 0L);
        assertThat(f.reader.iteratorsAsked).containsExactly(new Position.AtSequenceNumber(packed.sequenceNumber()));
        assertThat(f.taker.gaps).isEmpty();
    }

    @Test
    void whatHoldsNoRecordOfTheShardIsPassedAndNotReadTwice() {
        Fixture f = new Fixture(1, 0, PollingSettings.DEFAULT);
        HashKey key = HashKey.ofPartitionKey("key");
        f.hashKeys = new HashKeyRange(HashKey.MIN, key.previous());
        f.open(Position.trimHorizon());
        f.takeAllAfterRandomPauses();
        f.stream.put("key", aggregate(3));
        StreamRecord last = f.stream.put("key", aggregate(2));
        f.sim.run(Duration.ofMinutes(1));
        assertThat(f.taken).isEmpty();
        assertThat(f.taker.idles).isPositive();
        // Nothing is read for longer than the iterator lives: another one comes from the last stored record.
        f.silent = true;
        f.sim.run(Duration.ofMinutes(6));
        f.silent = false;
        f.put("plain");
        f.sim.runUntil(() -> f.taken.size() == 1, Duration.ofMinutes(1));
        assertThat(f.reader.iteratorsAsked)
                .containsExactly(Position.trimHorizon(), new Position.AtSequenceNumber(last.sequenceNumber()));
        f.stream.split(SHARD);
        f.sim.runUntil(() -> f.children != null, Duration.ofSeconds(10));
        assertThat(f.taken).hasSize(1);
        assertThat(f.taker.gaps).isEmpty();
    }

    @Test
    void aggregateThatPassedRetentionHalfReadIsTold() {
        Fixture f = new Fixture(1, 0, PollingSettings.DEFAULT);
        StreamRecord packed = f.stream.put("key", aggregate(5));
        f.sim.run(Duration.ofMinutes(1));
        StreamRecord kept = f.stream.put("key", aggregate(2));
        f.stream.trim(kept.arrival());
        f.open(new Position.AfterRecord(new RecordPosition(packed.sequenceNumber(), 1)));
        f.takeAllAfterRandomPauses();
        f.sim.runUntil(() -> f.taken.size() == 2, Duration.ofSeconds(10));
        assertThat(f.taker.gaps).containsExactly(packed.sequenceNumber() + " " + kept.sequenceNumber());
    }

    @Test
    void rawAggregateOfWhichAPartIsDoneComesWholeAndIsThenDone() {
        Fixture f = new Fixture(1, 0, PollingSettings.DEFAULT.withAggregates(Aggregates.RAW));
        StreamRecord packed = f.stream.put("key", aggregate(5));
        f.open(new Position.AfterRecord(new RecordPosition(packed.sequenceNumber(), 1)));
        f.takeAllAfterRandomPauses();
        f.sim.run(Duration.ofSeconds(5));
        assertThat(f.taken).hasSize(1);
        assertThat(f.taken.get(0).data()).isEqualTo(packed.data());
        f.source.close();
        f.open(new Position.AfterRecord(f.taken.get(0).position()));
        f.put("next");
        f.source.request();
        f.sim.run(Duration.ofSeconds(5));
        assertThat(f.taken).hasSize(2);
        assertThat(f.taken.get(1).partitionKey()).isEqualTo("next");
    }

    private static Bytes aggregate(int records) {
        AggregateWriter aggregate = new AggregateWriter(100_000);
        for (int i = 0; i < records; i++) {
            aggregate.add("key", null, Bytes.utf8("part " + i));
        }
        return aggregate.finish();
    }

    @Test
    void readsOfOneShardBeginAtLeastTheMinimumApart() {
        Fixture f = new Fixture(1, 30, PollingSettings.DEFAULT);
        for (int i = 0; i < 20_000; i++) {
            f.put("key");
        }
        f.open(Position.trimHorizon());
        f.takeAllAfterRandomPauses();
        f.sim.run(Duration.ofMinutes(3));
        List<Duration> reads = f.reader.readsAt;
        assertThat(reads.size()).isGreaterThan(100);
        for (int i = 1; i < reads.size(); i++) {
            assertThat(reads.get(i).minus(reads.get(i - 1))).isGreaterThanOrEqualTo(Duration.ofMillis(200));
        }
    }

    @Test
    void readThatFindsTheEndOfAClosedShardDoesNotCountAsIdle() {
        Fixture f = new Fixture(1, 0, PollingSettings.DEFAULT);
        f.stream.split(SHARD);
        f.open(Position.trimHorizon());
        f.source.request();
        f.sim.runUntil(() -> f.children != null, Duration.ofSeconds(10));
        assertThat(f.taker.idles).isZero();
    }

    @Test
    void atTheTipReadsSlowDownToTheIdleTimeAndSpeedUpAgain() {
        Fixture f = new Fixture(1, 0, PollingSettings.DEFAULT.withIdleTime(Duration.ofSeconds(2)));
        f.open(Position.trimHorizon());
        f.takeAllAfterRandomPauses();
        f.sim.run(Duration.ofSeconds(20));
        List<Duration> idle = List.copyOf(f.reader.readsAt);
        assertThat(idle.get(1).minus(idle.get(0))).isLessThan(Duration.ofSeconds(1));
        assertThat(idle.get(idle.size() - 1).minus(idle.get(idle.size() - 2))).isEqualTo(Duration.ofSeconds(2));

        f.put("key");
        f.sim.runUntil(() -> !f.taken.isEmpty(), Duration.ofSeconds(3));
        int readsThen = f.reader.readsAt.size();
        f.sim.runUntil(() -> f.reader.readsAt.size() > readsThen, Duration.ofSeconds(1));
        assertThat(f.reader.readsAt.get(readsThen).minus(f.reader.readsAt.get(readsThen - 1)))
                .isEqualTo(Duration.ofMillis(200));
    }

    @Test
    void anIteratorThatExpiredWhileTheUserWorkedIsRenewedAfterTheLastRecordRead() {
        Fixture f = new Fixture(1, 0, PollingSettings.DEFAULT.withReadAhead(1, 1));
        f.put("before");
        f.open(Position.trimHorizon());
        f.source.request();
        f.sim.runUntil(() -> f.taken.size() == 1, Duration.ofSeconds(5));
        f.put("after");
        f.sim.run(Duration.ofMinutes(6));
        f.source.request();
        f.sim.runUntil(() -> f.taken.size() == 2, Duration.ofSeconds(5));
        assertThat(f.taken).isEqualTo(f.stream.recordsOf(SHARD));
        assertThat(f.reader.iteratorsAsked)
                .containsExactly(
                        Position.trimHorizon(),
                        new Position.AtSequenceNumber(f.taken.get(0).sequenceNumber()));
        assertThat(f.troubles).isEmpty();
        assertThat(f.taker.gaps).isEmpty();
    }

    @Test
    void recordsThatPassedRetentionBeforeTheyWereReadAreToldAndReadingGoesOnAtTheOldestKept() {
        Fixture f = new Fixture(1, 0, PollingSettings.DEFAULT);
        for (int i = 0; i < 10; i++) {
            f.put("key");
            f.sim.run(Duration.ofMinutes(1));
        }
        List<StreamRecord> all = f.stream.recordsOf(SHARD);
        f.stream.trim(all.get(6).arrival());
        f.open(new Position.AfterSequenceNumber(all.get(2).sequenceNumber()));
        f.takeAllAfterRandomPauses();
        f.sim.run(Duration.ofMinutes(1));
        assertThat(f.taken).isEqualTo(all.subList(6, 10));
        assertThat(f.taker.gaps)
                .containsExactly(all.get(2).sequenceNumber() + " " + all.get(6).sequenceNumber());
    }

    @Test
    void recordsThatPassRetentionWhileTheUserWorksAreTold() {
        Fixture f = new Fixture(1, 0, PollingSettings.DEFAULT.withReadAhead(1, 1));
        f.put("first");
        f.open(Position.trimHorizon());
        f.source.request();
        f.sim.runUntil(() -> f.taken.size() == 1, Duration.ofSeconds(5));
        f.put("missed");
        f.sim.run(Duration.ofHours(20));
        f.put("kept");
        f.sim.run(Duration.ofHours(5));
        f.stream.trim(f.sim.clock().instant().minus(Duration.ofHours(24)));
        f.source.request();
        f.sim.runUntil(() -> f.taken.size() == 2, Duration.ofSeconds(5));
        assertThat(f.taken).extracting(StreamRecord::partitionKey).containsExactly("first", "kept");
        assertThat(f.taker.gaps).hasSize(1);
    }

    @Test
    void closedShardOfWhichNothingIsKeptAfterTheLastRecordReadShowsALoss() {
        Fixture f = new Fixture(1, 0, PollingSettings.DEFAULT);
        f.put("read");
        StreamRecord last = f.stream.recordsOf(SHARD).get(0);
        f.put("missed");
        f.sim.run(Duration.ofHours(2));
        f.stream.split(SHARD);
        f.sim.run(Duration.ofHours(23));
        f.stream.trim(f.sim.clock().instant().minus(Duration.ofHours(24)));
        f.open(new Position.AfterSequenceNumber(last.sequenceNumber()));
        f.source.request();
        f.sim.runUntil(() -> f.children != null, Duration.ofMinutes(1));
        assertThat(f.taken).isEmpty();
        assertThat(f.taker.gaps).containsExactly(last.sequenceNumber() + " none");
    }

    @Test
    void recordsThatRetentionTakesBetweenTwoReadsAtItsEdgeAreTold() {
        Fixture f = new Fixture(1, 0, PollingSettings.DEFAULT.withReadAhead(1, 1));
        f.put("first");
        f.sim.run(Duration.ofMinutes(1));
        f.put("missed");
        f.sim.run(Duration.ofHours(10));
        f.put("kept");
        f.sim.run(Duration.ofHours(13).plusMinutes(30));
        f.reader.limit = 1;
        f.open(Position.trimHorizon());
        f.source.request();
        f.sim.runUntil(() -> f.taken.size() == 1, Duration.ofSeconds(5));
        // The iterator of the first read is still good for minutes.
        f.stream.trim(f.stream.recordsOf(SHARD).get(2).arrival());
        f.source.request();
        f.sim.runUntil(() -> f.taken.size() == 2, Duration.ofSeconds(5));
        assertThat(f.taken).extracting(StreamRecord::partitionKey).containsExactly("first", "kept");
        assertThat(f.taker.gaps).hasSize(1);
    }

    @Test
    void shardThatIsOverGivesOutWhatIsReadOfItBeforeItEnds() {
        Fixture f = new Fixture(1, 0, PollingSettings.DEFAULT.withMaxRecordsPerBatch(2));
        for (int i = 0; i < 5; i++) {
            f.put("key");
        }
        f.open(Position.trimHorizon());
        f.sim.run(Duration.ofSeconds(5));
        List<StreamRecord> all = f.stream.recordsOf(SHARD);
        assertThat(f.source.end(List.of())).contains(all.get(4).sequenceNumber());
        for (int i = 0; i < 4; i++) {
            f.source.request();
            f.sim.run(Duration.ofSeconds(1));
        }
        assertThat(f.taken).isEqualTo(all);
        assertThat(f.children).isEmpty();
        assertThat(f.sources.budget().taken()).isZero();
    }

    @Test
    void aShardWithoutRecordsForLongerThanRetentionShowsNoLoss() {
        Fixture f = new Fixture(1, 0, PollingSettings.DEFAULT);
        f.put("long ago");
        StreamRecord last = f.stream.recordsOf(SHARD).get(0);
        f.sim.run(Duration.ofHours(30));
        f.stream.trim(f.sim.clock().instant().minus(Duration.ofHours(24)));
        f.open(new Position.AfterSequenceNumber(last.sequenceNumber()));
        f.takeAllAfterRandomPauses();
        f.sim.run(Duration.ofMinutes(1));
        f.put("now");
        f.sim.run(Duration.ofMinutes(1));
        assertThat(f.taken).extracting(StreamRecord::partitionKey).containsExactly("now");
        assertThat(f.taker.gaps).isEmpty();
    }

    @Test
    void shardsOfManyStreamsShareOneBudgetAndEachIsReadFiveTimesASecondAtMost() {
        Fixture f = new Fixture(1, 0, PollingSettings.DEFAULT.withReadAhead(50_000, 100_000));
        List<FlakyReader> readers = new ArrayList<>();
        PollingSettings settings = PollingSettings.DEFAULT.withReadAhead(50_000, 100_000);
        PollingSources sources = new PollingSources(
                (name, shard) -> {
                    InMemoryStream stream = new InMemoryStream(name, 1, f.sim.clock());
                    for (int i = 0; i < 500; i++) {
                        stream.put("key", Bytes.wrap(new byte[1_000]));
                    }
                    FlakyReader reader = new FlakyReader(stream.reader(name, shard), f.sim, 0);
                    readers.add(reader);
                    return reader;
                },
                settings,
                f.loop,
                f.sim,
                new SimpleMeterRegistry());
        for (int i = 0; i < 20; i++) {
            sources.open(new StreamName("stream-" + i), SHARD, HashKeyRange.ALL, Position.trimHorizon(), f.new Taker());
        }
        long most = 0;
        for (int i = 0; i < 600; i++) {
            f.sim.run(Duration.ofMillis(100));
            most = Math.max(most, sources.budget().taken());
        }
        // A shard that holds nothing may read a small page whatever the budget says.
        assertThat(most).isBetween(75_000L, 100_000L + 20 * ByteBudget.SMALL_PAGE);
        long held = sources.budget().taken();
        f.sim.run(Duration.ofMinutes(1));
        assertThat(sources.budget().taken())
                .as("nobody takes, so nobody reads on")
                .isEqualTo(held);
        assertThat(readers).hasSize(20).allSatisfy(reader -> {
            assertThat(reader.readsAt).isNotEmpty();
            for (int i = 1; i < reader.readsAt.size(); i++) {
                assertThat(reader.readsAt.get(i).minus(reader.readsAt.get(i - 1)))
                        .isGreaterThanOrEqualTo(Duration.ofMillis(200));
            }
        });
    }

    @Test
    void aLatestIteratorThatGetsLostBeforeTheFirstRecordSkipsNothing() {
        Fixture f = new Fixture(1, 0, PollingSettings.DEFAULT);
        f.put("too old");
        f.sim.run(Duration.ofSeconds(1));
        f.open(Position.latest());
        f.takeAllAfterRandomPauses();
        f.sim.run(Duration.ofSeconds(1));
        f.fault = ShardReadException.Kind.ITERATOR_EXPIRED;
        f.put("while the iterator was lost");
        f.sim.run(Duration.ofSeconds(1));
        f.fault = null;
        f.sim.runUntil(() -> !f.taken.isEmpty(), Duration.ofSeconds(10));
        assertThat(f.taken).extracting(StreamRecord::partitionKey).containsExactly("while the iterator was lost");
    }

    @Test
    void readsAheadOfItsUserUpToTheBoundAndNoFurther() {
        Fixture f = new Fixture(1, 0, PollingSettings.DEFAULT.withReadAhead(100_000, 150_000));
        for (int i = 0; i < 1_000; i++) {
            f.stream.put("key", Bytes.wrap(new byte[1_000]));
        }
        f.open(Position.trimHorizon());
        f.sim.run(Duration.ofMinutes(1));
        // The first page may pass the bound, because nobody knew what records weigh.
        assertThat(f.sources.budget().taken()).isBetween(50_000L, 120_000L);
        assertThat(f.taken).isEmpty();
        f.takeAllAfterRandomPauses();
        f.sim.runUntil(() -> f.taken.size() == 1_000, Duration.ofMinutes(5));
        assertThat(f.taken).isEqualTo(f.stream.recordsOf(SHARD));
    }

    @Test
    void aShardThatHoldsNothingReadsEvenWhenTheOthersHaveTakenTheWholeBudget() {
        Fixture f = new Fixture(1, 0, PollingSettings.DEFAULT.withReadAhead(1_000, 1_000));
        for (int i = 0; i < 100; i++) {
            f.stream.put("key", Bytes.wrap(new byte[1_000]));
        }
        f.open(Position.trimHorizon());
        f.sim.run(Duration.ofSeconds(5));
        assertThat(f.sources.budget().taken()).isGreaterThan(1_000);
        Fixture.Taker other = f.new Taker();
        RecordSource second = f.sources.open(STREAM, SHARD, HashKeyRange.ALL, Position.trimHorizon(), other);
        second.request();
        f.sim.runUntil(() -> !other.records.isEmpty(), Duration.ofSeconds(5));
    }

    @Test
    void aGoneShardIsReportedAndAskedForAgain() {
        Fixture f = new Fixture(1, 0, PollingSettings.DEFAULT);
        f.put("key");
        f.fault = ShardReadException.Kind.GONE;
        f.open(Position.trimHorizon());
        f.takeAllAfterRandomPauses();
        f.sim.run(Duration.ofSeconds(20));
        assertThat(f.troubles).hasSizeGreaterThan(3);
        assertThat(f.troubles.get(0).kind()).isEqualTo(ShardReadException.Kind.GONE);
        assertThat(f.troubles).extracting(SourceTrouble::failures).startsWith(1, 2, 3);
        f.fault = null;
        f.sim.runUntil(() -> f.taken.size() == 1, Duration.ofSeconds(10));
        assertThat(meters.get("millrace.poll.failures")
                        .tag("kind", "gone")
                        .counter()
                        .count())
                .isEqualTo(f.troubles.size());
    }

    @Test
    void throttlingIsAnsweredWithLongerAndLongerPauses() {
        Fixture f = new Fixture(1, 0, PollingSettings.DEFAULT);
        f.open(Position.trimHorizon());
        f.sim.run(Duration.ofSeconds(1));
        f.fault = ShardReadException.Kind.THROTTLED;
        int before = f.reader.readsAt.size();
        f.sim.run(Duration.ofSeconds(60));
        assertThat(f.reader.readsAt.size() - before).isBetween(10, 30);
    }

    @Test
    void anAnswerThatNeverComesIsAskedForAgain() {
        Fixture f = new Fixture(1, 0, PollingSettings.DEFAULT);
        f.put("key");
        f.silent = true;
        f.open(Position.trimHorizon());
        f.source.request();
        f.sim.run(Duration.ofSeconds(29));
        assertThat(f.troubles).isEmpty();
        f.silent = false;
        f.sim.runUntil(() -> f.taken.size() == 1, Duration.ofSeconds(5));
        assertThat(f.troubles).extracting(SourceTrouble::message).containsExactly("no answer within PT30S");
    }

    @Test
    void aClosedSourceIsSilentAndClosingAgainDoesNothing() {
        Fixture f = new Fixture(1, 0, PollingSettings.DEFAULT);
        f.put("key");
        f.open(Position.trimHorizon());
        f.sim.run(Duration.ofSeconds(1));
        f.source.request();
        f.source.close();
        f.source.close();
        f.source.request();
        f.sim.run(Duration.ofSeconds(10));
        assertThat(f.taken).isEmpty();
        assertThat(f.sources.budget().taken()).isZero();
    }

    @Test
    void aSecondRequestBeforeTheFirstIsAnsweredIsRefused() {
        Fixture f = new Fixture(1, 0, PollingSettings.DEFAULT);
        f.open(Position.trimHorizon());
        f.source.request();
        assertThatThrownBy(f.source::request).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void theTableOfTransitionsLeadsEverywhereAndEndsClosed() {
        for (PollState state : PollState.values()) {
            assertThat(PollState.TRANSITIONS.allows(PollState.CLOSED, state)).isFalse();
            assertThat(PollState.TRANSITIONS.allows(state, PollState.CLOSED)).isEqualTo(state != PollState.CLOSED);
        }
        assertThat(PollState.TRANSITIONS.allows(PollState.ENDED, PollState.READING))
                .isFalse();
    }

    @Test
    void tellsThatARequestWaitsForBatchesToBeReleased() {
        Fixture f = new Fixture(1, 0, PollingSettings.DEFAULT.withReadAhead(1, 1));
        f.put("a");
        f.open(Position.trimHorizon());
        RecordSource opened = requireNonNull(f.opened);
        f.loop.execute(opened::request);
        f.sim.run(Duration.ofSeconds(1));
        assertThat(f.taken).hasSize(1);
        assertThat(f.taker.waits).isZero();
        f.put("b");
        f.loop.execute(opened::request);
        f.sim.run(Duration.ofSeconds(1));
        assertThat(f.taken).hasSize(1);
        assertThat(f.taker.waits).isPositive();
        f.loop.execute(() -> f.taker.inHand.forEach(opened::release));
        f.sim.run(Duration.ofSeconds(1));
        assertThat(f.taken).hasSize(2);
    }

    /** A stream of one shard, a flaky reader of it, and a source whose batches are collected. */
    private final class Fixture {
        final Simulation sim;
        final EventLoop loop;
        final InMemoryStream stream;
        final FlakyReader reader;
        final PollingSources sources;
        final Taker taker = new Taker();
        final List<StreamRecord> taken = taker.records;
        final List<SourceTrouble> troubles = taker.troubles;
        private @Nullable RecordSource opened;

        @Nullable
        List<ChildShard> children;

        boolean takesByItself;
        HashKeyRange hashKeys = HashKeyRange.ALL;
        boolean silent;
        ShardReadException.@Nullable Kind fault;

        Fixture(long seed, int failPercent, PollingSettings settings) {
            sim = new Simulation(seed);
            loop = sim.newEventLoop("worker");
            stream = new InMemoryStream(STREAM, 1, sim.clock());
            reader = new FlakyReader(new Switched(stream.reader(STREAM, SHARD)), sim, failPercent);
            sources = new PollingSources((name, shard) -> reader, settings, loop, sim, meters);
        }

        RecordSource source = new RecordSource() {
            /** Is done with what came before. */
            @Override
            public void request() {
                if (opened != null) {
                    taker.inHand.forEach(opened::release);
                    taker.inHand.clear();
                    opened.request();
                }
            }

            @Override
            public void release(SourceBatch batch) {
                throw new UnsupportedOperationException("released with the next request");
            }

            @Override
            public Optional<SequenceNumber> end(List<ChildShard> children) {
                return opened == null ? Optional.empty() : opened.end(children);
            }

            @Override
            public void close() {
                if (opened != null) {
                    opened.close();
                }
            }
        };

        void open(Position from) {
            opened = sources.open(STREAM, SHARD, hashKeys, from, taker);
        }

        /** A plain record, an aggregate, or one without records; adds which of them the shard has. */
        void putParts(int number, List<String> expected) {
            int size = sim.random().nextInt(12) - 1;
            AggregateWriter aggregate = new AggregateWriter(100_000);
            List<Integer> own = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                String key = "key-" + (number + i) % 10;
                aggregate.add(key, null, Bytes.utf8(number + "/" + i));
                if (hashKeys.contains(HashKey.ofPartitionKey(key))) {
                    own.add(i);
                }
            }
            SequenceNumber stored = stream.put("key", size < 0 ? Bytes.utf8("plain") : aggregate.finish())
                    .sequenceNumber();
            // A message of nothing at all is no aggregate.
            (size <= 0 ? List.of(0) : own).forEach(place -> expected.add(stored + "/" + place));
        }

        List<String> takenPlaces() {
            return taken.stream()
                    .map(record -> record.sequenceNumber() + "/" + record.subSequenceNumber())
                    .toList();
        }

        void put(String key) {
            stream.put(key, Bytes.utf8("payload"));
        }

        void takeAllAfterRandomPauses() {
            takesByItself = true;
            source.request();
        }

        /** Fails or keeps silent while the test says so. */
        final class Switched implements ShardReader {
            private final ShardReader reader;

            Switched(ShardReader reader) {
                this.reader = reader;
            }

            @Override
            public CompletableFuture<ShardIterator> getIterator(Position position) {
                return answer(reader.getIterator(position));
            }

            @Override
            public CompletableFuture<ShardPage> getRecords(ShardIterator iterator, int limit) {
                return answer(reader.getRecords(iterator, limit));
            }

            private <T> CompletableFuture<T> answer(CompletableFuture<T> real) {
                if (silent) {
                    return new CompletableFuture<>();
                }
                ShardReadException.Kind kind = fault;
                return kind == null
                        ? real
                        : CompletableFuture.failedFuture(new ShardReadException(kind, "switched to fail", null));
            }
        }

        final class Taker implements RecordSourceListener {
            final List<StreamRecord> records = new ArrayList<>();
            final List<SourceTrouble> troubles = new ArrayList<>();
            final List<String> gaps = new ArrayList<>();
            final List<SourceBatch> inHand = new ArrayList<>();
            int idles;
            int waits;

            @Override
            public void awaitsRelease() {
                waits++;
            }

            @Override
            public void batch(SourceBatch batch) {
                records.addAll(batch.records());
                inHand.add(batch);
                if (takesByItself) {
                    loop.schedule(Duration.ofMillis(sim.random().nextInt(300)), source::request);
                }
            }

            @Override
            public void shardEnded(List<ChildShard> shards) {
                children = shards;
            }

            @Override
            public void idle(long millisBehindLatest, @Nullable Instant readUpTo) {
                idles++;
                assertThat(millisBehindLatest).isNotNegative();
            }

            @Override
            public void trimmed(SequenceNumber lastRead, @Nullable StreamRecord oldest) {
                gaps.add(lastRead + " " + (oldest == null ? "none" : oldest.sequenceNumber()));
            }

            @Override
            public void trouble(SourceTrouble trouble) {
                troubles.add(trouble);
            }
        }
    }
}
