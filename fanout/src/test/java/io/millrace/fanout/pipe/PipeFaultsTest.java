package io.millrace.fanout.pipe;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
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
import io.millrace.runtime.EventLoop;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Pipes under many faults, in virtual time: no shard that wants records hears nothing for more than 15 s without a reason told, whatever
 * happens; and every record comes once and in order.
 */
class PipeFaultsTest {
    private static final StreamName STREAM = new StreamName("orders");
    private static final int SHARDS = 4;
    private static final Duration LENGTH = Duration.ofMinutes(15);
    private static final int FAULTS_EACH = 600;

    /** A pipe that is silent is told when 15 s have passed, and not a moment before. */
    private static final Duration MOST = Duration.ofMillis(15_050);

    static LongStream seeds() {
        Long replay = Long.getLong("seed");
        return replay != null ? LongStream.of(replay) : LongStream.range(0, Integer.getInteger("seeds", 2));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void noShardIsSilentForLongWithoutAReason(long seed) {
        World world = new World(seed);
        world.run();
    }

    @Test
    @Tag("slow")
    @Timeout(600)
    void noShardIsSilentForLongWithoutAReasonInTenThousandFaults(TestReporter reporter) {
        Map<PipeFault, Integer> met = new EnumMap<>(PipeFault.class);
        Duration longest = Duration.ZERO;
        Duration longestWithReason = Duration.ZERO;
        int told = 0;
        int records = 0;
        long seed = 1_000;
        while (met.values().stream().mapToInt(Integer::intValue).sum() < 10_000) {
            World world = new World(seed++);
            world.run();
            world.pipes.met().forEach((fault, times) -> met.merge(fault, times, Integer::sum));
            for (Hearer hearer : world.hearers) {
                longest = longer(longest, hearer.longest);
                longestWithReason = longer(longestWithReason, hearer.longestWithReason);
                told += hearer.reasons;
                records += hearer.taken.size();
            }
        }
        reporter.publishEntry(
                "faults",
                met + "; " + (seed - 1_000) + " worlds, " + records + " records, reasons told " + told
                        + ", longest silence without one " + longest + ", with one " + longestWithReason);
        assertThat(met).containsOnlyKeys(PipeFault.values());
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    /** A worker with some shards. */
    private static final class World {
        final Simulation sim;
        final EventLoop loop;
        final InMemoryStream stream;
        final FaultyPipes pipes;
        final List<Hearer> hearers = new ArrayList<>();

        World(long seed) {
            sim = new Simulation(seed);
            loop = sim.newEventLoop("worker");
            stream = new InMemoryStream(STREAM, SHARDS, sim.clock());
            pipes = new FaultyPipes(stream, sim);
            SimpleMeterRegistry meters = new SimpleMeterRegistry();
            PollingSources bridges = new PollingSources(pipes, PollingSettings.DEFAULT, loop, sim, meters);
            PipeSources sources = new PipeSources(
                    PipeSources.Ways.of(pipes, bridges),
                    PipeSettings.DEFAULT,
                    loop,
                    sim,
                    meters,
                    new ServiceTime(sim.ticker()));
            for (Shard shard : stream.shards()) {
                hearers.add(new Hearer(this, shard.id(), sources));
            }
        }

        void run() {
            PipeFault[] kinds = PipeFault.values();
            for (int i = 0; i < FAULTS_EACH; i++) {
                PipeFault fault = kinds[sim.random().nextInt(kinds.length)];
                // Those of all shards leave no time for the others.
                boolean isRare = fault == PipeFault.CONSUMER_DELETED || fault == PipeFault.PERMISSION_TAKEN;
                if (!isRare || sim.random().nextInt(5) == 0) {
                    ShardId shard = ShardId.of(sim.random().nextInt(SHARDS));
                    sim.at(moment(), () -> pipes.inject(fault, shard));
                }
            }
            for (int i = 0; i < 400; i++) {
                sim.at(moment(), () -> stream.put("key-" + sim.random().nextInt(50), Bytes.utf8("payload")));
            }
            sim.run(LENGTH.plusMinutes(3));
            for (Hearer hearer : hearers) {
                assertThat(hearer.taken)
                        .as("seed " + sim.seed() + " " + hearer.shard)
                        .isEqualTo(stream.recordsOf(hearer.shard));
                hearer.heard();
            }
        }

        private Duration moment() {
            return Duration.ofMillis(sim.random().nextInt((int) LENGTH.toMillis()));
        }
    }

    /** Takes all that it is given, always wants more, and notes how long it hears nothing. */
    private static final class Hearer implements RecordSourceListener {
        final World world;
        final ShardId shard;
        final List<StreamRecord> taken = new ArrayList<>();
        private final RecordSource source;
        private Duration heardAt = Duration.ZERO;
        private boolean pipeFails;
        private boolean pollingFails;
        Duration longest = Duration.ZERO;
        Duration longestWithReason = Duration.ZERO;
        int reasons;

        Hearer(World world, ShardId shard, PipeSources sources) {
            this.world = world;
            this.shard = shard;
            this.source = sources.open(STREAM, shard, HashKeyRange.ALL, Position.trimHorizon(), this);
            source.request();
        }

        /** Something came, or the end of the run. */
        private void heard() {
            Duration silence = world.sim.elapsed().minus(heardAt);
            heardAt = world.sim.elapsed();
            if (pipeFails || pollingFails) {
                longestWithReason = longer(longestWithReason, silence);
            } else {
                longest = longer(longest, silence);
                assertThat(silence)
                        .as("seed " + world.sim.seed() + " " + shard + " at " + heardAt)
                        .isLessThanOrEqualTo(MOST);
            }
        }

        @Override
        public void batch(SourceBatch batch) {
            heard();
            pollingFails = false;
            taken.addAll(batch.records());
            source.release(batch);
            source.request();
        }

        @Override
        public void shardEnded(List<ChildShard> children) {
            throw new AssertionError("no shard ends here");
        }

        @Override
        public void idle(long millisBehindLatest, @Nullable Instant readUpTo) {
            heard();
            pollingFails = false;
        }

        @Override
        public void trimmed(SequenceNumber lastRead, @Nullable StreamRecord oldestOrNull) {
            throw new AssertionError("nothing is trimmed here");
        }

        @Override
        public void trouble(SourceTrouble trouble) {
            heard();
            reasons++;
            pollingFails = true;
        }

        @Override
        public void pipeFails(SourceTrouble trouble) {
            heard();
            reasons++;
            pipeFails = true;
        }

        @Override
        public void pipeWorks() {
            heard();
            pipeFails = false;
            pollingFails = false;
        }
    }
}
