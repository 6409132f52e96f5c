package io.millrace.fanout.polling;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.fanout.ByteBudget;
import io.millrace.fanout.RecordSource;
import io.millrace.fanout.RecordSourceListener;
import io.millrace.fanout.RecordSources;
import io.millrace.fanout.ServiceTime;
import io.millrace.fanout.ShardReaders;
import io.millrace.model.HashKeyRange;
import io.millrace.model.Position;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;

/** Opens sources that ask for records again and again, all within one budget of bytes. Belongs to its event loop. */
public final class PollingSources implements RecordSources {
    private final ShardReaders readers;
    private final Shared shared;

    /** Sources on {@code loop} over {@code readers}. */
    public PollingSources(
            ShardReaders readers, PollingSettings settings, EventLoop loop, Platform platform, MeterRegistry meters) {
        this(readers, settings, loop, platform, meters, new ServiceTime(platform.ticker()));
    }

    /** Sources that tell {@code time} what the service's answers show of its clock. */
    public PollingSources(
            ShardReaders readers,
            PollingSettings settings,
            EventLoop loop,
            Platform platform,
            MeterRegistry meters,
            ServiceTime time) {
        this.readers = requireNonNull(readers, "readers");
        ByteBudget budget = new ByteBudget(settings.readAhead().bytesInAll());
        this.shared = new Shared(
                settings,
                loop,
                platform,
                budget,
                new IdlePace(settings.idleTime()),
                new PollMeters(meters),
                requireNonNull(time, "time"));
    }

    private PollingSources(ShardReaders readers, Shared shared) {
        this.readers = readers;
        this.shared = shared;
    }

    @Override
    public PollingSources on(EventLoop view) {
        return new PollingSources(readers, shared.on(view));
    }

    @Override
    public RecordSource open(
            StreamName stream, ShardId shard, HashKeyRange hashKeys, Position from, RecordSourceListener listener) {
        PollingSource source = new PollingSource(
                stream + "/" + shard, readers.reader(stream, shard), hashKeys, from, listener, shared);
        source.start();
        return source;
    }

    /** The bytes that all these sources may hold together, which pipes bridged by them share. */
    public ByteBudget budget() {
        return shared.budget;
    }

    /** What the sources of one worker have in common. */
    record Shared(
            PollingSettings settings,
            EventLoop loop,
            Platform platform,
            ByteBudget budget,
            IdlePace pace,
            PollMeters meters,
            ServiceTime time) {
        Shared on(EventLoop view) {
            return new Shared(settings, view, platform, budget, pace, meters, time);
        }
    }
}
