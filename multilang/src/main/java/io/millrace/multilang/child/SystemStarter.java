package io.millrace.multilang.child;

import io.millrace.multilang.child.ChildProcess.Events;
import io.millrace.multilang.frame.FrameEncoder;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts real processes, all from one thread that lives until {@link #close}: the system kills a child when the thread ends that
 * started it. Two threads for each process stand in reads of its output; one more runs while it is written to. One thread serves the
 * sockets of all. Where a process may serve several shards, a shard goes to one that has room before another is started. Fields
 * belong to the loop, except where they say otherwise.
 */
final class SystemStarter implements ChildStarter, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SystemStarter.class);

    /** Not inherited, where the daemon is itself the child of one. */
    private static final Set<String> OURS = Set.of("MILLRACE_FRAMES", "MILLRACE_SOCKET", "MILLRACE_TOKEN");

    private final ChildCommand command;
    private final EventLoop loop;
    private final EventLoop spawner;
    private final SystemProcess.Shared shared;

    /** Processes that may serve several shards and are not gone. */
    private final Set<SystemProcess> processes = new LinkedHashSet<>();

    /** Shards that wait for the first process to show whether it can serve them. */
    private final Queue<Runnable> waiting = new ArrayDeque<>();

    /** Shards of which one has ended a process that served others as well; each has a process of its own until it gets on. */
    private final Set<ChildName> suspects = new HashSet<>();

    /** True once every process serves one shard. */
    private boolean isAlone;

    /** Found by the spawner, which alone looks at them. */
    private @Nullable List<String> helpers;

    /** Starts {@code command}; events go to {@code loop}. */
    SystemStarter(ChildCommand command, EventLoop loop, Platform platform) {
        this.command = command;
        this.loop = loop;
        this.spawner = platform.newEventLoop("millrace-spawner");
        Platform.BlockingTasks pipes = platform.newPipeThreads("millrace-pipe");
        Sockets sockets = null;
        try {
            sockets = Sockets.open(loop, pipes);
        } catch (IOException notHere) {
            log.warn(
                    "Children are told by lines, and each serves one shard, as no socket can be had: {}",
                    notHere.getMessage());
        }
        this.isAlone = sockets == null || command.shardsPerProcess() == 1;
        this.shared = new SystemProcess.Shared(
                loop,
                pipes,
                platform.ticker(),
                sockets,
                isAlone ? 1 : command.shardsPerProcess(),
                suspects,
                this::changed);
    }

    @Override
    public CompletableFuture<ChildProcess> start(ChildName name, Events events) {
        if (!isAlone && !suspects.contains(name)) {
            for (SystemProcess process : processes) {
                if (process.hasRoom()) {
                    return CompletableFuture.completedFuture(process.nextSeat(name, events));
                }
            }
            if (processes.stream().anyMatch(SystemProcess::isUnknown)) {
                CompletableFuture<ChildProcess> later = new CompletableFuture<>();
                events.waits();
                waiting.add(() -> {
                    if (events.isWanted()) {
                        events.begins();
                        forward(start(name, events), later);
                    } else {
                        later.completeExceptionally(new ChildFailedException("is not needed any more", false));
                    }
                });
                return later;
            }
        }
        return launch(name, events);
    }

    private CompletableFuture<ChildProcess> launch(ChildName name, Events events) {
        boolean isItsOwn = isAlone || suspects.contains(name);
        SystemProcess process = new SystemProcess(
                isItsOwn ? name.toString() : command.application(), isItsOwn ? 1 : shared.seats(), shared);
        Seat seat = process.firstSeat(name, events);
        Map<String, String> environment = environment(name, process);
        processes.add(process);
        CompletableFuture<ChildProcess> started = new CompletableFuture<>();
        loop.whenComplete(
                spawner.call(() -> CompletableFuture.completedFuture(spawn(environment))), (running, error) -> {
                    if (running == null) {
                        process.isNotStarted();
                        started.completeExceptionally(
                                error == null ? new ChildFailedException("was not started", false) : error);
                    } else {
                        process.runs(running);
                        started.complete(seat);
                    }
                });
        return started;
    }

    private Map<String, String> environment(ChildName name, SystemProcess process) {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("MILLRACE_PROTOCOL", "1");
        environment.put("MILLRACE_STREAM", name.stream().toString());
        environment.put("MILLRACE_SHARD", name.shard().value());
        environment.put("MILLRACE_APPLICATION", command.application());
        Sockets open = shared.sockets();
        if (open != null) {
            environment.put("MILLRACE_FRAMES", Integer.toString(FrameEncoder.VERSION));
            environment.put("MILLRACE_SOCKET", open.file().toString());
            environment.put("MILLRACE_TOKEN", process.expect());
        }
        return environment;
    }

    /** On the spawner. */
    private Process spawn(Map<String, String> more) {
        List<String> before = helpers;
        if (before == null) {
            before = Helpers.find(System.getenv());
            helpers = before;
        }
        List<String> words = new ArrayList<>(before);
        words.addAll(command.words());
        ProcessBuilder builder = new ProcessBuilder(words);
        builder.environment().keySet().removeAll(OURS);
        builder.environment().putAll(command.environment());
        builder.environment().putAll(more);
        try {
            command.preparation().prepare();
            return builder.start();
        } catch (IOException failure) {
            throw new ChildFailedException(String.valueOf(failure.getMessage()), false);
        }
    }

    /** A process has shown how it speaks, or is gone. */
    private void changed(SystemProcess process) {
        if (process.isGone()) {
            processes.remove(process);
        }
        if (!isAlone && process.speech() == Speech.LINES) {
            isAlone = true;
            log.warn(
                    "shardsPerProcess has no effect: the children of {} speak lines, so each serves one shard",
                    command.application());
        }
        for (int i = waiting.size(); i > 0; i--) {
            waiting.remove().run();
        }
    }

    private static <T> void forward(CompletableFuture<T> from, CompletableFuture<T> to) {
        CompletableFuture<T> unused = from.whenComplete((value, error) -> {
            if (error == null) {
                to.complete(value);
            } else {
                to.completeExceptionally(error);
            }
        });
    }

    /** Lets the thread end that started the children: those that are still there die. */
    @Override
    public void close() {
        spawner.close();
        Sockets open = shared.sockets();
        if (open != null) {
            open.close();
        }
        shared.pipes().close();
    }
}
