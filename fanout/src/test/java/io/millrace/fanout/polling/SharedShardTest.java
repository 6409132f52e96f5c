package io.millrace.fanout.polling;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
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
import io.millrace.model.HashKeyRange;
import io.millrace.model.Position;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.runtime.EventLoop;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several applications that poll one shard, of which the service allows five reads a second in all. */
class SharedShardTest {
    private static final StreamName STREAM = new StreamName("orders");
    private static final ShardId SHARD = ShardId.of(0);
    private static final Duration TIME = Duration.ofMinutes(10);

    private final Simulation sim = new Simulation(7);
    private final InMemoryStream stream = new InMemoryStream(STREAM, 1, sim.clock());
    private final Deque<Long> allowed = new ArrayDeque<>();
    private int asked;
    private int refused;

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 5})
    void applicationsFindTheirSharesAndAllGetAllRecords(int applications) {
        Taker[] takers = new Taker[applications];
        for (int i = 0; i < applications; i++) {
            takers[i] = new Taker("app-" + i);
        }
        int[] put = {0};
        for (Duration at = Duration.ZERO; at.compareTo(TIME) < 0; at = at.plusMillis(500)) {
            sim.at(at, () -> stream.put("key-" + put[0]++ % 7, Bytes.utf8("payload")));
        }
        sim.run(TIME);
        int askedBefore = asked;
        int refusedBefore = refused;
        sim.run(Duration.ofSeconds(30));
        assertThat(askedBefore).isGreaterThan(600);
        assertThat(refusedBefore).as("refused of %d", askedBefore).isLessThan(askedBefore / 10);
        for (Taker taker : takers) {
            assertThat(taker.records).isEqualTo(put[0]);
            assertThat(taker.longestGap).as(taker.name).isLessThan(Duration.ofSeconds(20));
        }
        assertThat(refused).isGreaterThanOrEqualTo(refusedBefore);
    }

    /** Allows five reads in any second. */
    private final class Limited implements ShardReader {
        private final ShardReader reader = stream.reader(STREAM, SHARD);

        @Override
        public CompletableFuture<ShardIterator> getIterator(Position position) {
            return reader.getIterator(position);
        }

        @Override
        public CompletableFuture<ShardPage> getRecords(ShardIterator iterator, int limit) {
            asked++;
            long now = sim.ticker().nanoTime();
            while (!allowed.isEmpty() && now - allowed.element() >= 1_000_000_000L) {
                allowed.remove();
            }
            if (allowed.size() >= 5) {
                refused++;
                return CompletableFuture.failedFuture(
                        new ShardReadException(ShardReadException.Kind.THROTTLED, "Rate exceeded", null));
            }
            allowed.add(now);
            return reader.getRecords(iterator, limit);
        }
    }

    private final class Taker implements RecordSourceListener {
        private final String name;
        private final RecordSource source;
        private final EventLoop loop;
        private int records;
        private long lastAt = sim.ticker().nanoTime();
        private Duration longestGap = Duration.ZERO;

        Taker(String name) {
            this.name = name;
            this.loop = sim.newEventLoop(name);
            this.source = new PollingSources(
                            (stream, shard) -> new Limited(),
                            PollingSettings.DEFAULT,
                            loop,
                            sim,
                            new SimpleMeterRegistry())
                    .open(STREAM, SHARD, HashKeyRange.ALL, Position.trimHorizon(), this);
            loop.execute(source::request);
        }

        @Override
        public void batch(SourceBatch batch) {
            records += batch.records().size();
            Duration gap = sim.ticker().since(lastAt);
            lastAt = sim.ticker().nanoTime();
            longestGap = gap.compareTo(longestGap) > 0 ? gap : longestGap;
            loop.execute(() -> {
                source.release(batch);
                source.request();
            });
        }

        @Override
        public void shardEnded(List<ChildShard> children) {
            throw new AssertionError("the shard is open");
        }

        @Override
        public void idle(long millisBehindLatest, @Nullable Instant readUpTo) {}

        @Override
        public void trimmed(SequenceNumber lastRead, @Nullable StreamRecord oldest) {
            throw new AssertionError("nothing is trimmed");
        }

        @Override
        public void trouble(SourceTrouble trouble) {
            assertThat(trouble.kind()).isEqualTo(ShardReadException.Kind.THROTTLED);
        }
    }
}
