package io.millrace.multilang.child;

import io.millrace.multilang.line.FromChild;
import io.millrace.multilang.line.ToChild;
import io.millrace.runtime.EventLoop;
import io.millrace.sim.Simulation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Starts processes that do what a test has them do. Belongs to the loop of the children, as its processes do. */
public final class ScriptedChildren implements ChildStarter {
    private final EventLoop loop;
    /** All processes, in the order of their starts. */
    public final List<Scripted> started = new ArrayList<>();
    /** What a start comes to; absent for a process at once. */
    CompletableFuture<Void> gate = CompletableFuture.completedFuture(null);

    /** Those of each start, in order. */
    final List<ChildProcess.Events> asked = new ArrayList<>();

    /** Processes on this loop. */
    public ScriptedChildren(EventLoop loop) {
        this.loop = loop;
    }

    /** Children that are these processes. */
    public Children children(Simulation sim) {
        return Children.of(loop, new Children.Settings(sim.ticker(), ChildLimits.DEFAULT, ChildListener.NONE), this);
    }

    @Override
    public CompletableFuture<ChildProcess> start(ChildName name, ChildProcess.Events events) {
        asked.add(events);
        return gate.thenApply(open -> {
            Scripted process = new Scripted(started.size() + 1, events);
            started.add(process);
            return process;
        });
    }

    /** A process whose end the test plays. */
    public final class Scripted implements ChildProcess {
        private final long pid;
        private final Events events;
        /** What it was told, and what was done to it. */
        public final List<String> seen = new ArrayList<>();

        /** Where it was told to begin. */
        public final List<String> places = new ArrayList<>();

        /** Called after each step of {@link #seen}. */
        Runnable reaction = () -> {};

        boolean listens;

        /** True while a child of its own outlives it. */
        boolean hasSurvivors;

        Scripted(long pid, Events events) {
            this.pid = pid;
            this.events = events;
        }

        @Override
        public long pid() {
            return pid;
        }

        @Override
        public void listen() {
            listens = true;
        }

        @Override
        public void send(ToChild message) {
            if (message instanceof ToChild.Initialize initialize) {
                places.add(initialize.sequenceNumber());
            }
            String more = message instanceof ToChild.Checkpointed answer
                    ? " " + answer.sequenceNumber() + " " + answer.error()
                    : "";
            note(message.action() + more);
        }

        @Override
        public void closeInput() {
            note("close");
        }

        @Override
        public void terminate() {
            note("SIGTERM");
        }

        @Override
        public void kill() {
            note("SIGKILL");
        }

        @Override
        public boolean hasSurvivors() {
            return hasSurvivors;
        }

        private void note(String step) {
            seen.add(step);
            loop.execute(reaction);
        }

        /** Does it soon. */
        public void says(FromChild message) {
            loop.execute(() -> events.received(message));
        }

        /** Does it soon. */
        public void answers(String action) {
            says(new FromChild.Status(action));
        }

        /** Does it soon. */
        public void endsOutput() {
            loop.execute(events::outputEnded);
        }

        /** Does it soon. */
        public void exits(int code) {
            loop.execute(() -> events.exited(code));
        }

        /** As a process that ends by itself. */
        public void ends(int code) {
            exits(code);
            endsOutput();
        }

        /** Does it soon. */
        public void doesNotRead() {
            loop.execute(() -> events.sendFailed("Broken pipe"));
        }
    }
}
