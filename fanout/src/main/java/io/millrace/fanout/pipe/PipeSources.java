package io.millrace.fanout.pipe;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.fanout.ByteBudget;
import io.millrace.fanout.RecordSource;
import io.millrace.fanout.RecordSourceListener;
import io.millrace.fanout.RecordSources;
import io.millrace.fanout.ServiceTime;
import io.millrace.fanout.polling.PollingSources;
import io.millrace.model.HashKeyRange;
import io.millrace.model.Position;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;

/** Opens sources that hold a pipe each, all within one budget of bytes. Belongs to its event loop. */
public final class PipeSources implements RecordSources {
    private final Shared shared;

    /**
     * Sources on {@code loop}.
     *
     * @param time is told what events show of the service's clock
     */
    public PipeSources(
            Ways ways,
            PipeSettings settings,
            EventLoop loop,
            Platform platform,
            MeterRegistry meters,
            ServiceTime time) {
        this.shared = new Shared(
                requireNonNull(ways, "ways"),
                settings,
                loop,
                platform,
                new PipeMeters(meters),
                requireNonNull(time, "time"));
    }

    private PipeSources(Shared shared) {
        this.shared = shared;
    }

    @Override
    public PipeSources on(EventLoop view) {
        return new PipeSources(shared.on(view));
    }

    @Override
    public RecordSource open(
            StreamName stream, ShardId shard, HashKeyRange hashKeys, Position from, RecordSourceListener listener) {
        PipeSource source = new PipeSource(stream, shard, hashKeys, from, listener, shared);
        source.start();
        return source;
    }

    /**
     * The two ways to a shard's records.
     *
     * @param pipes subscribe
     * @param bridges poll, on the loop of the pipes' sources, while a pipe is not open
     * @param budget the bytes of the heap that the records of both may have together
     */
    public record Ways(ShardPipes pipes, RecordSources bridges, ByteBudget budget) {
        /** Checks that all are there. */
        public Ways {
            requireNonNull(pipes, "pipes");
            requireNonNull(bridges, "bridges");
            requireNonNull(budget, "budget");
        }

        /** {@code pipes}, bridged by {@code polling} and within its budget. */
        public static Ways of(ShardPipes pipes, PollingSources polling) {
            return new Ways(pipes, polling, polling.budget());
        }
    }

    /** What the sources of one worker have in common. */
    record Shared(
            Ways ways, PipeSettings settings, EventLoop loop, Platform platform, PipeMeters meters, ServiceTime time) {
        Shared on(EventLoop view) {
            Ways onView = new Ways(ways.pipes, ways.bridges.on(view), ways.budget);
            return new Shared(onView, settings, view, platform, meters, time);
        }
    }
}
