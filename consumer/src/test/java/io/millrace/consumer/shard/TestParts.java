package io.millrace.consumer.shard;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.checkpoint.CheckpointPace;
import io.millrace.consumer.delivery.DeliverySettings;
import io.millrace.consumer.processor.AsyncRecordProcessor;
import io.millrace.consumer.watch.FailureReports;
import io.millrace.consumer.watch.Oversight;
import io.millrace.fanout.RecordSources;
import io.millrace.fanout.ServiceTime;
import io.millrace.lease.ShardDirectory;
import io.millrace.runtime.Backoff;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.function.Supplier;

/** The parts of consumers in a simulation that are the same in most tests, and those that a test gives. One thread. */
final class TestParts {
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final ServiceTime time;
    final Oversight oversight;
    private final Simulation sim;
    private final EventLoop loop;
    private Platform machine;
    private Duration longestRetry = Duration.ofSeconds(2);

    TestParts(Simulation sim, EventLoop loop) {
        this.sim = sim;
        this.loop = loop;
        this.machine = sim;
        this.time = new ServiceTime(sim.ticker());
        this.oversight = new Oversight(time, new FailureReports(loop, sim.clock()), Duration.ofMinutes(1));
    }

    /** The consumers run on {@code other} instead of the simulation itself. */
    TestParts on(Platform other) {
        machine = other;
        return this;
    }

    /** What fails is tried again after {@code longest} at most instead of 2 s. */
    TestParts retryingWithin(Duration longest) {
        longestRetry = longest;
        return this;
    }

    /** All of them; {@code test} looks after the consumers and lists the shards. */
    <T extends ShardDirectory & ConsumerParts.Owner> ConsumerParts of(
            T test,
            RecordSources sources,
            UserCalls calls,
            Supplier<? extends AsyncRecordProcessor> processors,
            DeliverySettings delivery) {
        return new ConsumerParts(
                "app",
                loop,
                machine,
                sources,
                test,
                calls,
                processors,
                delivery,
                new CheckpointPace(sim.ticker(), Duration.ofSeconds(1)),
                new Backoff(Duration.ofMillis(100), longestRetry),
                new ConsumerMeters(meters),
                oversight,
                new ShardTurns(),
                test);
    }
}
