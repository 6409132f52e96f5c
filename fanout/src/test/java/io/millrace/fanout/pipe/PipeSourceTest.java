package io.millrace.fanout.pipe;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.fanout.InMemoryStream;
import io.millrace.fanout.RecordSource;
import io.millrace.fanout.RecordSourceListener;
import io.millrace.fanout.ServiceTime;
import io.millrace.fanout.ShardIterator;
import io.millrace.fanout.ShardPage;
import io.millrace.fanout.ShardReadException;
import io.millrace.fanout.ShardReader;
import io.millrace.fanout.SourceBatch;
import io.millrace.fanout.SourceTrouble;
import io.millrace.fanout.polling.PollingSettings;
import io.millrace.fanout.polling.PollingSources;
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
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PipeSourceTest {
    private static final StreamName STREAM = new StreamName("orders");
    private static final ShardId SHARD = ShardId.of(0);

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

    static LongStream seeds() {
        Long replay = Long.getLong("seed");
        return replay != null ? LongStream.of(replay) : LongStream.range(0, Integer.getInteger("seeds", 100));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyRecordComesOnceAndInOrderWhateverHappensToThePipe(long seed) {
        Fixture f = new Fixture(seed, 20, PipeSettings.DEFAULT.withMaxRecordsPerBatch(37));
        f.open(Position.trimHorizon());
        f.takeAllAfterPausesOfUpTo(300);
        for (int i = 0; i < 2_000; i++) {
            f.sim.at(Duration.ofMillis(f.sim.random().nextInt(900_000)), f::put);
        }
        f.sim.at(Duration.ofSeconds(901), () -> f.stream.split(SHARD));
        f.sim.runUntil(() -> f.children != null, Duration.ofHours(2));
        assertThat(f.taken).as("seed " + seed).isEqualTo(f.stream.recordsOf(SHARD));
        assertThat(f.children).hasSize(2);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyUserRecordOfTheShardComesOnceAndInOrderWhateverHappensToThePipe(long seed) {
        Fixture f = new Fixture(seed, 20, PipeSettings.DEFAULT.withMaxRecordsPerBatch(7));
        f.hashKeys = HashKeyRange.evenly(3).get(1);
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            int number = i;
            f.sim.at(Duration.ofMillis(f.sim.random().nextInt(900_000)), () -> f.putAggregate(number, expected));
        }
        // Another worker stopped here: within the first aggregate that has a record of the shard.
        f.sim.runUntil(() -> expected.size() > 1, Duration.ofMinutes(15));
        String[] first = expected.get(0).split("/", -1);
        f.open(new Position.AfterRecord(new RecordPosition(SequenceNumber.parse(first[0]), Long.parseLong(first[1]))));
        f.takeAllAfterPausesOfUpTo(300);
        f.sim.at(Duration.ofSeconds(901), () -> f.stream.split(SHARD));
        f.sim.runUntil(() -> f.children != null, Duration.ofHours(2));
        assertThat(f.taken)
                .as("seed " + seed)
                .extracting(record -> record.sequenceNumber() + "/" + record.subSequenceNumber())
                .isEqualTo(expected.subList(1, expected.size()));
        assertThat(f.trimmed).isEmpty();
    }

    @Test
    void recordsComeThroughThePipeAloneWhileItIsOpen() {
        Fixture f = new Fixture(1, 0, PipeSettings.DEFAULT);
        f.open(Position.trimHorizon());
        f.takeAllAfterPausesOfUpTo(1);
        for (int i = 0; i < 100; i++) {
            f.sim.at(Duration.ofMillis(2_000 + 500L * i), f::put);
        }
        f.sim.run(Duration.ofMinutes(20));
        assertThat(f.taken).hasSize(100);
        assertThat(f.counted("millrace.pipe.bridged.records")).isZero();
        // A first life cut short, then four of five minutes; ends in good order are nobody's trouble.
        assertThat(f.pipes.positions()).hasSizeBetween(4, 6);
        assertThat(f.troubles).isEmpty();
        assertThat(f.pipeFailures).isEmpty();
    }

    @Test
    void shardIsPolledWhileItsPipeIsRefusedAndGoesBackToThePipe() {
        Fixture f = new Fixture(1, 0, PipeSettings.DEFAULT);
        f.pipes.refuse(PipeEnd.Kind.FORBIDDEN);
        f.open(Position.trimHorizon());
        f.takeAllAfterPausesOfUpTo(1);
        for (int i = 0; i < 100; i++) {
            f.sim.at(Duration.ofSeconds(i), f::put);
        }
        f.sim.run(Duration.ofSeconds(50));
        assertThat(f.taken).hasSizeGreaterThan(45);
        assertThat(f.pipeFailures).isNotEmpty();
        assertThat(f.troubles).as("records come all the same").isEmpty();
        f.pipes.accept();
        f.sim.run(Duration.ofMinutes(2));
        double bridged = f.counted("millrace.pipe.bridged.records");
        f.put();
        f.sim.run(Duration.ofSeconds(10));
        assertThat(f.taken).isEqualTo(f.stream.recordsOf(SHARD));
        assertThat(f.counted("millrace.pipe.bridged.records")).isEqualTo(bridged);
    }

    @Test
    void brokenPipeIsBridgedForTheFiveSecondsOfTheService() {
        Fixture f = new Fixture(1, 0, PipeSettings.DEFAULT);
        f.open(Position.trimHorizon());
        f.takeAllAfterPausesOfUpTo(1);
        f.sim.run(Duration.ofSeconds(1));
        f.pipes.end(SHARD, PipeEnd.Kind.BROKEN);
        f.put();
        f.sim.run(Duration.ofSeconds(1));
        assertThat(f.taken).hasSize(1);
        f.sim.run(Duration.ofSeconds(30));
        assertThat(f.pipes.ends()).extracting(PipeEnd::kind).containsExactly(PipeEnd.Kind.BROKEN);
    }

    @Test
    void silentPipeIsToldAndReopenedWithinFifteenSeconds() {
        Fixture f = new Fixture(1, 0, PipeSettings.DEFAULT);
        f.open(Position.trimHorizon());
        f.takeAllAfterPausesOfUpTo(1);
        f.sim.run(Duration.ofSeconds(10));
        f.pipes.silence(true);
        f.put();
        f.sim.run(Duration.ofSeconds(16));
        assertThat(f.pipeFailures).isNotEmpty();
        assertThat(f.pipeFailures.get(0).kind()).isEqualTo(ShardReadException.Kind.TRANSIENT);
        assertThat(f.pipeFailures.get(0).message()).contains("no event for");
        f.sim.run(Duration.ofSeconds(2));
        assertThat(f.taken).hasSize(1);
    }

    /** Nobody tells of an end that is routine, nor of an answer that does not come: at last the silence itself is told. */
    @Test
    void shardThatHearsNothingOfAPipeThatWaitsIsToldWithinFifteenSeconds() {
        Fixture f = new Fixture(1, 0, PipeSettings.DEFAULT);
        f.readersAnswer = false;
        f.open(Position.trimHorizon());
        f.takeAllAfterPausesOfUpTo(1);
        f.sim.run(Duration.ofSeconds(7));
        f.pipes.silence(true);
        f.pipes.end(SHARD, PipeEnd.Kind.COMPLETE);
        f.sim.run(Duration.ofSeconds(16));
        assertThat(f.pipeFailures)
                .extracting(SourceTrouble::message)
                .first()
                .asString()
                .startsWith("nothing has come for PT15S, by polling neither; its last pipe ended: COMPLETE");
        f.readersAnswer = true;
        f.pipes.silence(false);
        f.put();
        f.sim.run(Duration.ofMinutes(1));
        assertThat(f.taken).hasSize(1);
        assertThat(f.recoveredAt).isPositive();
    }

    /** An event that waited here tells nothing of the time since it was made; one that was waited for does. */
    @Test
    void readThatFoundNothingTellsHowFarTheShardIsRead() {
        Fixture f = new Fixture(1, 0, PipeSettings.DEFAULT);
        f.put();
        Instant put = f.sim.clock().instant();
        f.open(Position.trimHorizon());
        f.takeAllAfterPausesOfUpTo(1);
        f.sim.run(Duration.ofSeconds(30));
        assertThat(f.readUpTo).hasSizeGreaterThan(3);
        assertThat(f.readUpTo)
                .last()
                .satisfies(last -> assertThat(last)
                        .isAfter(put.plusSeconds(15))
                        .isBeforeOrEqualTo(f.sim.clock().instant().minusSeconds(4)));
        assertThat(f.readUpTo).isSorted();
    }

    @Test
    void pipeWithoutDemandIsCancelledQuietlyAndOpenedAgainOnDemand() {
        PipeSettings small = new PipeSettings(
                1,
                10,
                Duration.ofMillis(500),
                Duration.ofSeconds(5),
                Duration.ofSeconds(15),
                Duration.ofMinutes(1),
                Aggregates.SPLIT);
        Fixture f = new Fixture(1, 0, small);
        f.put();
        f.put();
        f.open(Position.trimHorizon());
        f.sim.run(Duration.ofMinutes(1));
        assertThat(f.pipes.cancelled()).isEqualTo(1);
        assertThat(f.troubles).isEmpty();
        f.takeAllAfterPausesOfUpTo(1);
        f.sim.run(Duration.ofSeconds(30));
        f.put();
        f.sim.run(Duration.ofSeconds(10));
        assertThat(f.taken).isEqualTo(f.stream.recordsOf(SHARD));
    }

    @Test
    void recordsThatPassedRetentionBeforeTheyWereReadAreTold() {
        Fixture f = new Fixture(1, 0, PipeSettings.DEFAULT);
        f.put();
        SequenceNumber first = f.stream.recordsOf(SHARD).get(0).sequenceNumber();
        f.sim.run(Duration.ofHours(1));
        f.put();
        f.sim.run(Duration.ofHours(1));
        f.put();
        f.stream.trim(f.sim.clock().instant().minus(Duration.ofMinutes(10)));
        f.open(new Position.AfterSequenceNumber(first));
        f.takeAllAfterPausesOfUpTo(1);
        f.sim.run(Duration.ofSeconds(10));
        assertThat(f.trimmed).containsExactly(first);
        assertThat(f.taken).containsExactly(f.stream.recordsOf(SHARD).get(2));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shardThatIsOverGivesOutWhatIsReadOfItBeforeItEnds(boolean isBridged) {
        Fixture f = new Fixture(1, 0, PipeSettings.DEFAULT.withMaxRecordsPerBatch(1));
        if (isBridged) {
            f.pipes.refuse(PipeEnd.Kind.FORBIDDEN);
        }
        f.put();
        f.put();
        f.open(Position.trimHorizon());
        f.sim.run(Duration.ofSeconds(3));
        f.source().end(List.of());
        f.takeAllAfterPausesOfUpTo(1);
        f.sim.runUntil(() -> f.children != null, Duration.ofMinutes(1));
        assertThat(f.taken).isEqualTo(f.stream.recordsOf(SHARD));
        assertThat(f.children).isEmpty();
    }

    @Test
    void sourceThatIsClosedByWhoeverTakesItsLastRecordsStaysClosed() {
        Fixture f = new Fixture(1, 0, PipeSettings.DEFAULT);
        f.put();
        f.stream.split(SHARD);
        f.closesAtFirstBatch = true;
        f.open(Position.trimHorizon());
        f.source().request();
        f.sim.run(Duration.ofMinutes(1));
        assertThat(f.taken).hasSize(1);
        assertThat(f.children).isNull();
    }

    @Test
    void nothingIsCalledAndNothingIsLeftAfterItIsClosed() {
        Fixture f = new Fixture(1, 0, PipeSettings.DEFAULT);
        f.open(Position.trimHorizon());
        f.takeAllAfterPausesOfUpTo(1);
        f.sim.run(Duration.ofSeconds(1));
        f.source().close();
        f.put();
        f.sim.run(Duration.ofMinutes(1));
        assertThat(f.taken).isEmpty();
        assertThat(f.pipes.cancelled()).isEqualTo(1);
    }

    private final class Fixture implements RecordSourceListener {
        final Simulation sim;
        final EventLoop loop;
        final InMemoryStream stream;
        final InMemoryPipes pipes;
        final PipeSources sources;
        final List<StreamRecord> taken = new ArrayList<>();
        final List<SourceTrouble> troubles = new ArrayList<>();
        final List<SourceTrouble> pipeFailures = new ArrayList<>();
        HashKeyRange hashKeys = HashKeyRange.ALL;
        int recoveredAt;
        final List<SequenceNumber> trimmed = new ArrayList<>();
        private @Nullable RecordSource opened;
        private int pause = -1;
        boolean closesAtFirstBatch;
        /** Polling gets its answers. */
        boolean readersAnswer = true;

        final List<Instant> readUpTo = new ArrayList<>();

        @Nullable
        List<ChildShard> children;

        Fixture(long seed, int faultPercent, PipeSettings settings) {
            sim = new Simulation(seed);
            loop = sim.newEventLoop("worker");
            stream = new InMemoryStream(STREAM, 1, sim.clock());
            pipes = new InMemoryPipes(stream, sim, faultPercent);
            PollingSettings polling = PollingSettings.DEFAULT.withMaxRecordsPerBatch(settings.maxRecordsPerBatch());
            PollingSources bridges = new PollingSources(
                    (name, shard) -> new Readers(stream.reader(name, shard)), polling, loop, sim, meters);
            sources = new PipeSources(
                    PipeSources.Ways.of(pipes, bridges), settings, loop, sim, meters, new ServiceTime(sim.ticker()));
        }

        /** Readers of bridges, whose answers may not come. */
        private final class Readers implements ShardReader {
            private final ShardReader inner;

            Readers(ShardReader inner) {
                this.inner = inner;
            }

            @Override
            public CompletableFuture<ShardIterator> getIterator(Position position) {
                return readersAnswer ? inner.getIterator(position) : new CompletableFuture<>();
            }

            @Override
            public CompletableFuture<ShardPage> getRecords(ShardIterator iterator, int limit) {
                return readersAnswer ? inner.getRecords(iterator, limit) : new CompletableFuture<>();
            }
        }

        void open(Position from) {
            opened = sources.open(STREAM, SHARD, hashKeys, from, this);
        }

        RecordSource source() {
            if (opened == null) {
                throw new IllegalStateException("not open");
            }
            return opened;
        }

        /** An aggregate of some records or of none; adds which of them the shard has. */
        void putAggregate(int number, List<String> expected) {
            AggregateWriter aggregate = new AggregateWriter(100_000);
            aggregate.add("key-" + number % 10, null, Bytes.utf8("first"));
            List<Integer> own = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                String key = "key-" + (number + i) % 10;
                if (i > 0) {
                    aggregate.add(key, null, Bytes.utf8(number + "/" + i));
                }
                if (hashKeys.contains(HashKey.ofPartitionKey(key))) {
                    own.add(i);
                }
                if (i > 2 && sim.random().nextInt(4) == 0) {
                    break;
                }
            }
            SequenceNumber stored = stream.put("key", aggregate.finish()).sequenceNumber();
            own.forEach(place -> expected.add(stored + "/" + place));
        }

        void put() {
            stream.put("key", Bytes.utf8("payload"));
        }

        double counted(String name) {
            return meters.get(name).counter().count();
        }

        void takeAllAfterPausesOfUpTo(int millis) {
            pause = millis;
            source().request();
        }

        @Override
        public void batch(SourceBatch batch) {
            if (closesAtFirstBatch) {
                source().close();
            }
            taken.addAll(batch.records());
            if (pause >= 0) {
                var unused = loop.schedule(Duration.ofMillis(sim.random().nextInt(pause)), () -> {
                    source().release(batch);
                    source().request();
                });
            }
        }

        @Override
        public void shardEnded(List<ChildShard> following) {
            children = following;
        }

        @Override
        public void idle(long millisBehindLatest, @Nullable Instant readUpToNow) {
            assertThat(millisBehindLatest).isNotNegative();
            if (readUpToNow != null) {
                readUpTo.add(readUpToNow);
            }
        }

        @Override
        public void trimmed(SequenceNumber lastRead, @Nullable StreamRecord oldestOrNull) {
            trimmed.add(lastRead);
        }

        @Override
        public void trouble(SourceTrouble trouble) {
            troubles.add(trouble);
        }

        @Override
        public void pipeFails(SourceTrouble trouble) {
            pipeFailures.add(trouble);
        }

        @Override
        public void pipeWorks() {
            assertThat(pipeFailures).as("told after a failure only").hasSizeGreaterThan(recoveredAt);
            recoveredAt = pipeFailures.size();
        }
    }
}
