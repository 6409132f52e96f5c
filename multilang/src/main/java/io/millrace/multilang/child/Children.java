package io.millrace.multilang.child;

import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.runtime.Ticker;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * The children of a daemon. All of them belong to one loop, which waits for none. Close it last, after the worker whose shards they
 * work on: what is left of them then ends. Safe for any thread.
 */
public final class Children implements AutoCloseable {
    private final EventLoop loop;
    private final ChildWiring wiring;
    private final Runnable closeStarter;

    /** Those that are not gone; belongs to the loop. */
    private final Set<Child> living = new LinkedHashSet<>();

    private Children(EventLoop loop, Settings settings, ChildStarter starter, Runnable closeStarter) {
        this.loop = loop;
        this.closeStarter = closeStarter;
        this.wiring = new ChildWiring(
                loop, settings.ticker(), starter, settings.limits(), settings.listener(), living::remove);
    }

    /** The settings of children, besides their starter. */
    record Settings(Ticker ticker, ChildLimits limits, ChildListener listener) {}

    /** Children that are processes of {@code command}. */
    public static Children of(ChildCommand command, ChildLimits limits, ChildListener listener, Platform platform) {
        EventLoop loop = platform.newEventLoop("millrace-children");
        SystemStarter starter = new SystemStarter(command, loop, platform);
        return new Children(loop, new Settings(platform.ticker(), limits, listener), starter, starter::close);
    }

    /** Children that {@code starter} starts, on a loop of their own. */
    static Children of(EventLoop loop, Settings settings, ChildStarter starter) {
        return new Children(loop, settings, starter, () -> {});
    }

    /** A child for a shard, not started yet. */
    public Child newChild(ChildName name) {
        Child child = new Child(name, wiring);
        loop.execute(() -> living.add(child));
        return child;
    }

    /** Ends all children; completes when they are gone. */
    public CompletableFuture<Void> end() {
        return loop.call(() -> {
            List<CompletableFuture<Void>> ends = new ArrayList<>();
            for (Child child : List.copyOf(living)) {
                ends.add(child.end("the daemon ends"));
            }
            return CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new));
        });
    }

    /**
     * Ends all children, and waits until they are gone, which takes little longer than the limit for an exit. Closing again does
     * nothing.
     */
    @Override
    public void close() {
        // Closed already, the loop takes no task.
        end().exceptionally(closed -> null).join();
        loop.close();
        closeStarter.run();
    }
}
