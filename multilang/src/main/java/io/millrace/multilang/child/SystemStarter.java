package io.millrace.multilang.child;

import io.millrace.multilang.child.ChildProcess.Events;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Starts real processes, all from one thread that lives until {@link #close}: the system kills a child when the thread ends that
 * started it. Two threads for each child stand in reads of its output; one more runs while it is written to.
 */
final class SystemStarter implements ChildStarter, AutoCloseable {
    private final ChildCommand command;
    private final EventLoop spawner;
    private final SystemProcess.Wiring wiring;

    /** Found by the spawner, which alone looks at them. */
    private @Nullable List<String> helpers;

    /** Starts {@code command}; events go to {@code loop}. */
    SystemStarter(ChildCommand command, EventLoop loop, Platform platform) {
        this.command = command;
        this.spawner = platform.newEventLoop("millrace-spawner");
        this.wiring = new SystemProcess.Wiring(loop, platform.newPipeThreads("millrace-pipe"), platform.ticker());
    }

    @Override
    public CompletableFuture<ChildProcess> start(ChildName name, Events events) {
        return spawner.call(() -> CompletableFuture.completedFuture(spawn(name, events)));
    }

    private ChildProcess spawn(ChildName name, Events events) {
        List<String> before = helpers;
        if (before == null) {
            before = Helpers.find(System.getenv());
            helpers = before;
        }
        List<String> words = new ArrayList<>(before);
        words.addAll(command.words());
        ProcessBuilder builder = new ProcessBuilder(words);
        Map<String, String> environment = builder.environment();
        environment.putAll(command.environment());
        environment.put("MILLRACE_PROTOCOL", "1");
        environment.put("MILLRACE_STREAM", name.stream().toString());
        environment.put("MILLRACE_SHARD", name.shard().value());
        environment.put("MILLRACE_APPLICATION", command.application());
        try {
            return new SystemProcess(name, builder.start(), events, wiring);
        } catch (IOException failure) {
            throw new ChildFailedException(String.valueOf(failure.getMessage()), false);
        }
    }

    /** Lets the thread end that started the children: those that are still there die. */
    @Override
    public void close() {
        spawner.close();
        wiring.pipes().close();
    }
}
