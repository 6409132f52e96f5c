package io.millrace.multilang;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.millrace.model.StreamName;
import io.millrace.multilang.child.ChildEnd;
import io.millrace.multilang.child.ChildListener;
import io.millrace.multilang.child.ChildName;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The figures of children, by stream and application: {@code millrace.child.running}, {@code millrace.child.starts},
 * {@code millrace.child.restarts} by reason, {@code millrace.child.start.time}, {@code millrace.child.time} and
 * {@code millrace.child.bytes} by direction. Hands all that it hears on. Safe for any thread.
 */
final class ChildMeters implements ChildListener {
    private final MeterRegistry registry;
    private final String application;
    private final ChildListener next;
    private final Map<StreamName, OfStream> streams = new ConcurrentHashMap<>();

    ChildMeters(MeterRegistry registry, String application, ChildListener next) {
        this.registry = registry;
        this.application = application;
        this.next = next;
    }

    /** The meters of one stream. */
    private static final class OfStream {
        private final MeterRegistry registry;
        private final Tags tags;
        private final AtomicInteger running = new AtomicInteger();
        private final Counter starts;
        private final Timer startTime;
        private final Timer time;
        private final Counter toChildren;
        private final Counter fromChildren;

        OfStream(MeterRegistry registry, Tags tags) {
            this.registry = registry;
            this.tags = tags;
            Gauge.builder("millrace.child.running", running, AtomicInteger::get)
                    .description("Children that run, one for each shard")
                    .tags(tags)
                    .register(registry);
            this.starts = counter("millrace.child.starts", "Children that were started", Tags.empty());
            this.startTime = timer("millrace.child.start.time", "From a child's start to its answer to initialize");
            this.time = timer("millrace.child.time", "How long children have an action in hand, checkpoints included");
            String bytes = "Bytes that went to children and came from them";
            this.toChildren = counter("millrace.child.bytes", bytes, Tags.of("direction", "to"));
            this.fromChildren = counter("millrace.child.bytes", bytes, Tags.of("direction", "from"));
        }

        private Counter counter(String name, String description, Tags more) {
            return Counter.builder(name)
                    .description(description)
                    .tags(tags.and(more))
                    .register(registry);
        }

        private Timer timer(String name, String description) {
            return Timer.builder(name).description(description).tags(tags).register(registry);
        }

        void failed(ChildEnd end) {
            String reason = end.name().toLowerCase(Locale.ROOT);
            counter("millrace.child.restarts", "Children that failed; another takes over", Tags.of("reason", reason))
                    .increment();
        }
    }

    private OfStream of(ChildName child) {
        return streams.computeIfAbsent(
                child.stream(),
                stream -> new OfStream(registry, Tags.of("application", application, "stream", stream.value())));
    }

    @Override
    public void started(ChildName child, long pid) {
        of(child).running.incrementAndGet();
        of(child).starts.increment();
        next.started(child, pid);
    }

    @Override
    public void ready(ChildName child, Duration after) {
        of(child).startTime.record(after);
        next.ready(child, after);
    }

    @Override
    public void answered(ChildName child, Duration after) {
        of(child).time.record(after);
        next.answered(child, after);
    }

    @Override
    public void ended(ChildName child, long pid, String reason, ChildEnd end) {
        if (pid >= 0) {
            of(child).running.decrementAndGet();
        }
        if (end != ChildEnd.WANTED) {
            of(child).failed(end);
        }
        next.ended(child, pid, reason, end);
    }

    @Override
    public void moved(ChildName child, long toChild, long fromChild) {
        if (toChild > 0) {
            of(child).toChildren.increment((double) toChild);
        }
        if (fromChild > 0) {
            of(child).fromChildren.increment((double) fromChild);
        }
        next.moved(child, toChild, fromChild);
    }

    @Override
    public void lettersWritten(ChildName child, int letters) {
        next.lettersWritten(child, letters);
    }
}
