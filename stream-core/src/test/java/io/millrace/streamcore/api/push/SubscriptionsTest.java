package io.millrace.streamcore.api.push;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.Bytes;
import io.millrace.model.HashKey;
import io.millrace.model.Position;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.log.disk.MemoryDisk;
import io.millrace.streamcore.stream.ConsumerState;
import io.millrace.streamcore.stream.NewRecord;
import io.millrace.streamcore.stream.ShardCursor;
import io.millrace.streamcore.stream.StreamsRig;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Subscriptions over real streams on a disk in memory, in virtual time. */
class SubscriptionsTest {
    private static final StreamName ORDERS = new StreamName("orders");
    private static final ShardId FIRST = ShardId.of(0);
    private static final long MANY = Long.MAX_VALUE;

    @SuppressWarnings("NullAway.Init") // set before each test
    private StreamsRig rig;

    @SuppressWarnings("NullAway.Init") // set before each test
    private Subscriptions subscriptions;

    @SuppressWarnings("NullAway.Init") // set before each test
    private ConsumerState consumer;

    @BeforeEach
    void open() {
        open(1, PushSettings.DEFAULTS);
    }

    private void open(long seed, PushSettings settings) {
        rig = new StreamsRig(MemoryDisk.empty(), seed, Duration.ZERO);
        rig.await(rig.streams().create(ORDERS, 1));
        consumer = rig.await(rig.streams().consumers().register(ORDERS, "app", Map.of()));
        subscriptions = new Subscriptions(settings, rig.simulation, "push");
    }

    static LongStream seeds() {
        Long only = Long.getLong("seed");
        return only == null ? LongStream.range(0, 200) : LongStream.of(only);
    }

    @Test
    void theInitialResponseComesFirstAndAnEmptyEventTellsWhereToGoOn() {
        Pipe pipe = subscribe(Position.latest());
        assertThat(pipe.frames).isEmpty();
        pipe.request(MANY);
        run(Duration.ofMillis(10));

        assertThat(pipe.types()).containsExactly("initial-response", "SubscribeToShardEvent");
        assertThat(pipe.continuations).hasSize(1);
        assertThat(pipe.lastMillisBehind).isZero();
    }

    @Test
    void anIdlePipeBeatsEveryFourSecondsAndEndsAfterFiveMinutes() {
        Pipe pipe = subscribe(Position.latest());
        pipe.request(MANY);
        run(Duration.ofSeconds(299));
        assertThat(pipe.frames).hasSize(1 + 1 + 299 / 4);
        assertThat(pipe.isComplete).isFalse();

        run(Duration.ofSeconds(1));
        assertThat(pipe.isComplete).isTrue();
        int before = pipe.frames.size();
        put("late", 3);
        run(Duration.ofSeconds(60));
        assertThat(pipe.frames).hasSize(before);
    }

    @Test
    void recordsPutTheHeartbeatOff() {
        Pipe pipe = subscribe(Position.latest());
        pipe.request(MANY);
        run(Duration.ofSeconds(1));
        for (int second = 0; second < 60; second++) {
            put("second" + second, 1);
            run(Duration.ofSeconds(1));
        }
        assertThat(pipe.frames).hasSize(1 + 1 + 60);
        assertThat(pipe.texts).hasSize(60);
    }

    @Test
    void anEventIsReadForAllSubscribersOnce() {
        List<Pipe> pipes = new ArrayList<>();
        for (int i = 1; i < 20; i++) {
            ConsumerState other = rig.await(rig.streams().consumers().register(ORDERS, "app" + i, Map.of()));
            Pipe pipe = subscribe(other, Position.latest(), FIRST);
            pipe.request(MANY);
            pipes.add(pipe);
        }
        run(Duration.ofSeconds(1));
        put("shared", 5);
        run(Duration.ofSeconds(1));

        assertThat(pipes).allSatisfy(pipe -> assertThat(pipe.texts).hasSize(5));
        ByteBuffer shared = pipes.get(0).lastFrame();
        assertThat(pipes).allSatisfy(pipe -> assertThat(pipe.lastFrame()).isSameAs(shared));
    }

    @Test
    void withoutDemandNothingIsSentAndNothingIsLost() {
        Pipe pipe = subscribe(Position.latest());
        pipe.request(2);
        run(Duration.ofSeconds(1));
        put("waiting", 5000);
        run(Duration.ofSeconds(100));
        assertThat(pipe.frames).hasSize(2);

        pipe.request(1);
        run(Duration.ofSeconds(1));
        assertThat(pipe.texts).hasSize(PushSettings.DEFAULTS.eventRecords());
        assertThat(pipe.lastMillisBehind).isPositive();
        pipe.request(MANY);
        run(Duration.ofSeconds(1));
        assertThat(pipe.texts).isEqualTo(texts("waiting", 5000));
        assertThat(pipe.lastMillisBehind).isZero();
    }

    /** What comes in the meantime finds a pipe that has asked for nothing, and waits until it does. */
    @Test
    void demandThatComesAfterTheRecordsFetchesThem() {
        Pipe pipe = subscribe(Position.latest());
        pipe.request(2);
        run(Duration.ofSeconds(1));
        for (int i = 0; i < 50; i++) {
            put("before" + i, 1);
            pipe.request(1);
            put("after" + i, 1);
            run(Duration.ofMillis(1));
            pipe.request(1);
            run(Duration.ofMillis(1));
        }
        pipe.request(MANY);
        run(Duration.ofMillis(1));
        assertThat(pipe.texts).hasSize(100).doesNotHaveDuplicates();
    }

    @Test
    void aShardsEndNamesTheChildrenAndEndsThePipe() {
        put("before", 3);
        Pipe pipe = subscribe(Position.trimHorizon());
        pipe.request(MANY);
        run(Duration.ofSeconds(1));
        rig.await(rig.streams().split(ORDERS, FIRST, HashKey.parse("1000")));
        run(Duration.ofMillis(100));

        assertThat(pipe.isComplete).isTrue();
        assertThat(pipe.texts).hasSize(3);
        assertThat(pipe.children).containsExactly("shardId-000000000001", "shardId-000000000002");
        assertThat(pipe.events.get(pipe.events.size() - 1)).doesNotContain("ContinuationSequenceNumber");
    }

    @Test
    void aSecondSubscriptionIsRefusedForFiveSecondsEvenIfTheFirstIsOver() {
        Pipe first = subscribe(Position.latest());
        first.request(MANY);
        run(Duration.ofSeconds(2));
        first.cancel();
        run(Duration.ofMillis(2999));
        assertThatThrownBy(() -> subscribe(Position.latest()))
                .isInstanceOf(ApiException.class)
                .hasMessageContaining("Another active subscription exists for this consumer: 0:orders:0:app");
        run(Duration.ofMillis(1));
        Pipe second = subscribe(Position.latest());
        second.request(MANY);
        put("second", 1);
        run(Duration.ofSeconds(1));
        assertThat(second.texts).hasSize(1);
        assertThat(first.texts).isEmpty();
    }

    @Test
    void aTakeOverEndsTheOldPipeWithAnExceptionOnceItListens() {
        Pipe old = subscribe(Position.latest());
        old.request(2);
        run(Duration.ofSeconds(5));
        Pipe next = subscribe(Position.latest());
        next.request(MANY);
        put("one", 1);
        run(Duration.ofSeconds(1));
        assertThat(next.texts).hasSize(1);
        assertThat(old.types()).hasSize(2);
        assertThat(old.isComplete).isFalse();

        old.request(1);
        run(Duration.ofSeconds(1));
        assertThat(old.types()).hasSize(3).endsWith("ResourceInUseException");
        assertThat(old.isComplete).isTrue();
        assertThat(old.texts).isEmpty();
    }

    @Test
    void deregisteringAndDeletingEndPipesWithAnException() {
        Pipe pipe = subscribe(Position.latest());
        pipe.request(MANY);
        run(Duration.ofSeconds(1));
        rig.await(rig.streams().consumers().deregister(ORDERS, "app"));
        run(Duration.ofMillis(100));
        assertThat(pipe.types()).endsWith("ResourceNotFoundException");
        assertThat(pipe.isComplete).isTrue();

        consumer = rig.await(rig.streams().consumers().register(ORDERS, "app", Map.of()));
        Pipe other = subscribe(Position.latest());
        other.request(MANY);
        run(Duration.ofSeconds(1));
        rig.await(rig.streams().delete(ORDERS, true));
        run(Duration.ofMillis(100));
        assertThat(other.types()).endsWith("ResourceNotFoundException");
        assertThat(other.isComplete).isTrue();
    }

    @Test
    void nothingIsLeftOfSubscriptionsThatAreOverButTheirFiveSeconds() {
        for (int round = 0; round < 20; round++) {
            Pipe pipe = subscribe(round % 2 == 0 ? Position.latest() : Position.trimHorizon());
            assertThat(subscriptions.remembered()).isOne();
            assertThat(subscriptions.feeds()).hasSize(1);
            if (round % 3 != 0) {
                pipe.request(round);
                put("round" + round, 3);
            }
            if (round % 5 != 0) {
                run(Duration.ofSeconds(6));
            }
            pipe.cancel();
            run(Duration.ofMillis(1));
            assertThat(subscriptions.feeds()).isEmpty();
            run(Duration.ofSeconds(5));
            assertThat(subscriptions.remembered()).isZero();
        }
    }

    @Test
    void aShardThatRestsHoldsNoEncodedRecords() {
        Pipe pipe = subscribe(Position.latest());
        pipe.request(MANY);
        run(Duration.ofSeconds(1));
        put("one", 5);
        run(Duration.ofSeconds(1));
        ShardFeed feed = subscriptions.feeds().iterator().next();
        assertThat(feed.kept()).isOne();
        run(PushSettings.DEFAULTS.heartbeat());
        assertThat(feed.kept()).isZero();
        put("two", 5);
        run(Duration.ofSeconds(1));
        assertThat(pipe.texts).hasSize(10);
    }

    /** However fast news comes, those who are woken together share what is read. */
    @Test
    void pipesThatAreWokenTogetherShareOneReading() {
        int pipes = 10;
        for (int i = 1; i <= pipes; i++) {
            ConsumerState other = rig.await(rig.streams().consumers().register(ORDERS, "app" + i, Map.of()));
            subscribe(other, Position.latest(), FIRST).request(MANY);
        }
        run(Duration.ofSeconds(1));
        ShardFeed feed = subscriptions.feeds().iterator().next();
        long before = feed.reads();
        put("shared", 1);
        run(Duration.ofSeconds(1));
        // What was read said that there is no more.
        assertThat(feed.reads() - before).isOne();
    }

    @Test
    void theShardsOfAStreamAreSpreadOverTheLoopsAndEachKeepsToOne() {
        StreamName many = new StreamName("many");
        rig.await(rig.streams().create(many, 64));
        try (PushLoops loops = new PushLoops(PushSettings.DEFAULTS, rig.simulation, 4)) {
            Map<Subscriptions, Long> shards = IntStream.range(0, 64)
                    .mapToObj(shard -> rig.await(rig.streams().seek(many, ShardId.of(shard), Position.latest())))
                    .collect(Collectors.groupingBy(loops::of, Collectors.counting()));
            assertThat(shards)
                    .hasSize(4)
                    .values()
                    .allSatisfy(count -> assertThat(count).isBetween(8L, 24L));
            ShardCursor start = rig.await(rig.streams().seek(ORDERS, FIRST, Position.trimHorizon()));
            put("one", 1);
            ShardCursor tip = rig.await(rig.streams().seek(ORDERS, FIRST, Position.latest()));
            assertThat(tip).isNotEqualTo(start);
            assertThat(loops.of(tip)).isSameAs(loops.of(start));
        }
    }

    @Test
    void whatRetentionTookIsNotBehindAndAClosedEmptiedShardEnds() {
        put("old", 3);
        ShardCursor before = rig.await(rig.streams().seek(ORDERS, FIRST, Position.trimHorizon()));
        run(Duration.ofMinutes(24 * 60 + 1));
        Pipe open = new Pipe();
        rig.await(subscriptions.open(rig.streams(), consumer, before, "0:orders:0:app"))
                .subscribe(open);
        run(Duration.ZERO);
        open.request(MANY);
        run(Duration.ofSeconds(1));
        assertThat(open.texts).isEmpty();
        assertThat(open.lastMillisBehind).isZero();

        run(Duration.ofSeconds(10));
        rig.await(rig.streams().split(ORDERS, FIRST, HashKey.parse("1000")));
        run(Duration.ofSeconds(1));
        assertThat(open.isComplete).isTrue();
        assertThat(open.texts).isEmpty();
        assertThat(open.children).containsExactly("shardId-000000000001", "shardId-000000000002");
    }

    /** Puts, splits, demands and resubscriptions as they come; whatever happens, each record comes once and in order. */
    @ParameterizedTest
    @MethodSource("seeds")
    void resubscribingFromContinuationsLosesAndRepeatsNothing(long seed) {
        open(seed, new PushSettings(Duration.ofSeconds(20), Duration.ofSeconds(4), Duration.ZERO, 7, 300));
        SplittableRandom random = new SplittableRandom(seed);
        List<String> put = new ArrayList<>();
        List<String> read = new ArrayList<>();
        Pipe pipe = subscribe(Position.trimHorizon());
        for (int step = 0; step < 120; step++) {
            switch (random.nextInt(4)) {
                case 0 -> put.addAll(put("s" + step, random.nextInt(1, 12)));
                case 1 -> pipe.request(random.nextInt(1, 5));
                case 2 -> run(Duration.ofMillis(random.nextInt(3000)));
                default -> {
                    if (pipe.isComplete || random.nextInt(3) == 0) {
                        pipe = resubscribe(pipe, read, random.nextBoolean());
                    }
                }
            }
        }
        rig.await(rig.streams().split(ORDERS, FIRST, HashKey.parse("1000")));
        while (pipe.children.isEmpty()) {
            if (pipe.isComplete) {
                pipe = resubscribe(pipe, read, random.nextBoolean());
            }
            pipe.request(3);
            run(Duration.ofSeconds(1));
        }
        read.addAll(pipe.texts);
        assertThat(read).as("seed %s", seed).isEqualTo(put);
    }

    private Pipe resubscribe(Pipe pipe, List<String> read, boolean isAt) {
        pipe.cancel();
        run(Duration.ofMillis(1));
        read.addAll(pipe.texts);
        Position from = pipe.continuation(isAt);
        Pipe next = subscribe(from);
        next.fallback = from;
        return next;
    }

    private Pipe subscribe(Position position) {
        return subscribe(consumer, position, FIRST);
    }

    private Pipe subscribe(ConsumerState who, Position position, ShardId shard) {
        ShardCursor cursor = rig.await(rig.streams().seek(ORDERS, shard, position));
        Pipe pipe = new Pipe();
        rig.await(subscriptions.open(rig.streams(), who, cursor, "0:orders:0:" + who.name()))
                .subscribe(pipe);
        run(Duration.ZERO);
        return pipe;
    }

    private void run(Duration time) {
        rig.run(time);
    }

    private List<String> put(String prefix, int count) {
        List<String> texts = texts(prefix, count);
        rig.await(rig.streams()
                .put(
                        ORDERS,
                        texts.stream()
                                .map(text -> new NewRecord("k", null, Bytes.utf8(text)))
                                .toList()));
        return texts;
    }

    private static List<String> texts(String prefix, int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + "-" + i).toList();
    }
}
