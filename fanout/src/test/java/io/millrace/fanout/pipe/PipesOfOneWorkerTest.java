package io.millrace.fanout.pipe;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.fanout.ByteBudget;
import io.millrace.fanout.InMemoryStream;
import io.millrace.fanout.RecordSource;
import io.millrace.fanout.RecordSourceListener;
import io.millrace.fanout.ServiceTime;
import io.millrace.fanout.SourceBatch;
import io.millrace.fanout.SourceTrouble;
import io.millrace.fanout.polling.PollingSettings;
import io.millrace.fanout.polling.PollingSources;
import io.millrace.model.Bytes;
import io.millrace.model.ChildShard;
import io.millrace.model.HashKeyRange;
import io.millrace.model.Position;
import io.millrace.model.SequenceNumber;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.model.aggregate.Aggregates;
import io.millrace.runtime.EventLoop;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many pipes of one worker: how much they hold together, and when they are renewed. */
class PipesOfOneWorkerTest {
    private static final StreamName STREAM = new StreamName("orders");
    private static final int SHARDS = 20;
    private static final long BYTES_PER_SHARD = 1_000_000;
    private static final long BYTES_IN_ALL = 2_000_000;

    private final Simulation sim = new Simulation(1);
    private final EventLoop loop = sim.newEventLoop("worker");
    private final InMemoryStream stream = new InMemoryStream(STREAM, SHARDS, sim.clock());
    private final InMemoryPipes pipes = new InMemoryPipes(stream, sim, 0);
    private final List<Holder> holders = new ArrayList<>();

    private ByteBudget budget = new ByteBudget(1);

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void slowShardsHoldNoMoreThanTheBudgetAndAnEventEach(boolean isBridged) {
        putRecords(SHARDS * 1_000);
        if (isBridged) {
            pipes.refuse(PipeEnd.Kind.FORBIDDEN);
        }
        openAll();
        long most = 0;
        for (int i = 0; i < 300; i++) {
            sim.run(Duration.ofMillis(100));
            most = Math.max(most, budget.taken());
        }
        long heaviestEvent = 200 * (1_000 + 400);
        assertThat(most).isBetween(BYTES_IN_ALL / 2, BYTES_IN_ALL + SHARDS * heaviestEvent);
        long held = budget.taken();
        assertThat(held).as("once reading has settled").isLessThan(BYTES_IN_ALL + SHARDS * heaviestEvent / 2);
        assertThat(holders)
                .as("nobody starves")
                .allSatisfy(holder -> assertThat(holder.taken).isNotEmpty());

        holders.forEach(Holder::releaseFromNowOn);
        sim.run(Duration.ofMinutes(5));
        Map<ShardId, List<StreamRecord>> expected = new TreeMap<>();
        Map<ShardId, List<StreamRecord>> taken = new TreeMap<>();
        for (Holder holder : holders) {
            expected.put(holder.shard, stream.recordsOf(holder.shard));
            taken.put(holder.shard, holder.taken);
        }
        assertThat(taken).isEqualTo(expected);
        assertThat(budget.taken()).isZero();
    }

    @Test
    void renewalsOfPipesThatOpenedTogetherAreSpread() {
        openAll();
        holders.forEach(Holder::releaseFromNowOn);
        sim.run(Duration.ofMinutes(10));
        int mostInASecond = 0;
        for (int second = 0; second < 300; second++) {
            int before = pipes.positions().size();
            sim.run(Duration.ofSeconds(1));
            mostInASecond = Math.max(mostInASecond, pipes.positions().size() - before);
        }
        assertThat(mostInASecond).isLessThan(SHARDS / 5);
        assertThat(pipes.positions()).hasSizeBetween(3 * SHARDS, 5 * SHARDS);
        assertThat(pipes.ends()).extracting(PipeEnd::kind).containsOnly(PipeEnd.Kind.COMPLETE);
    }

    private void putRecords(int count) {
        Bytes payload = Bytes.wrap(new byte[1_000]);
        for (int i = 0; i < count; i++) {
            stream.put("key-" + i, payload);
        }
    }

    private void openAll() {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        PollingSettings polling = PollingSettings.DEFAULT.withReadAhead(BYTES_PER_SHARD, BYTES_IN_ALL);
        PollingSources bridges = new PollingSources(stream, polling, loop, sim, meters);
        budget = bridges.budget();
        PipeSettings settings = new PipeSettings(
                BYTES_PER_SHARD,
                50,
                Duration.ofMillis(500),
                Duration.ofSeconds(5),
                Duration.ofSeconds(15),
                Duration.ofMinutes(1),
                Aggregates.SPLIT);
        PipeSources sources = new PipeSources(
                PipeSources.Ways.of(pipes, bridges), settings, loop, sim, meters, new ServiceTime(sim.ticker()));
        for (Shard shard : stream.shards()) {
            holders.add(new Holder(shard.id(), sources));
        }
        // They hold what they are given, as slow processors do, and want more.
        sim.run(Duration.ofMillis(1));
    }

    /** Takes all that it is given and keeps it until it is told to release. */
    private final class Holder implements RecordSourceListener {
        final ShardId shard;
        final List<StreamRecord> taken = new ArrayList<>();
        private final Deque<SourceBatch> held = new ArrayDeque<>();
        private final RecordSource source;
        private boolean releases;

        Holder(ShardId shard, PipeSources sources) {
            this.shard = shard;
            this.source = sources.open(STREAM, shard, HashKeyRange.ALL, Position.trimHorizon(), this);
            source.request();
        }

        void releaseFromNowOn() {
            releases = true;
            loop.execute(this::releaseAll);
        }

        private void releaseAll() {
            for (SourceBatch batch = held.poll(); batch != null; batch = held.poll()) {
                source.release(batch);
            }
        }

        @Override
        public void batch(SourceBatch batch) {
            taken.addAll(batch.records());
            held.add(batch);
            if (releases) {
                releaseAll();
            }
            source.request();
        }

        @Override
        public void shardEnded(List<ChildShard> children) {
            throw new AssertionError("no shard ends here");
        }

        @Override
        public void idle(long millisBehindLatest, @Nullable Instant readUpTo) {}

        @Override
        public void trimmed(SequenceNumber lastRead, @Nullable StreamRecord oldestOrNull) {
            throw new AssertionError("nothing is trimmed here");
        }

        @Override
        public void trouble(SourceTrouble trouble) {}
    }
}
