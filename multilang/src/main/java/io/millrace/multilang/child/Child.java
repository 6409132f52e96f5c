package io.millrace.multilang.child;

import static java.util.Objects.requireNonNull;

import io.millrace.multilang.line.FromChild;
import io.millrace.multilang.line.ToChild;
import io.millrace.runtime.EventLoop;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One child process: a state machine driven by what the process does, by what it is told, and by time limits. It is told one
 * action at a time; its checkpoints are served whenever they come. A child that exits, breaks the protocol or exceeds a limit fails:
 * the action in hand fails once the process is gone, so that no other child of the shard ever runs beside it.
 *
 * <p>Its public methods are safe for any thread and do not block; their stages complete on the loop of the children, which must not
 * be blocked. All else belongs to that loop.
 */
public final class Child {
    private static final Logger log = LoggerFactory.getLogger(Child.class);

    /** Messages that nobody has looked at, because a checkpoint is being saved: an honest child waits for that. */
    private static final int MOST_MESSAGES = 1_000;

    /** How often a child with an action in hand is asked whether its shard is still ours. */
    private static final Duration LOSS_CHECKS = Duration.ofSeconds(1);

    /** From one of the process' end and its output's end to the other, at most. */
    private static final Duration BETWEEN_ENDS = Duration.ofSeconds(1);

    /** How often a child that has exited is asked whether its own children are gone. */
    private static final Duration LOOKS = Duration.ofMillis(50);

    private static final Checkpoints NOT_YET = Checkpoints.refused("InvalidStateException");

    private final ChildName name;
    private final ChildWiring wiring;
    private final EventLoop loop;
    private final CompletableFuture<String> ended = new CompletableFuture<>();

    private ChildState state = ChildState.STARTING;
    private @Nullable ChildProcess process;
    private long began;

    /** The action in hand. */
    private @Nullable Exchange current;

    /** True once the process was sent the action in hand. */
    private boolean isTold;

    /** When that was. */
    private long toldAt;

    private Checkpoints checkpoints = NOT_YET;
    private final Deque<FromChild> inbox = new ArrayDeque<>();
    private boolean isSaving;

    private @Nullable Integer exitCode;
    private boolean isOutputOver;
    private @Nullable String failure;
    private ChildEnd kindOfFailure = ChildEnd.EXITED;
    private @Nullable String wish;

    private EventLoop.Cancellable limit = EventLoop.Cancellable.DONE;
    private EventLoop.Cancellable lossCheck = EventLoop.Cancellable.DONE;
    private EventLoop.Cancellable ending = EventLoop.Cancellable.DONE;
    private EventLoop.Cancellable look = EventLoop.Cancellable.DONE;

    Child(ChildName name, ChildWiring wiring) {
        this.name = name;
        this.wiring = wiring;
        this.loop = wiring.loop();
    }

    /** An action that the child was told, and who waits for its answer. */
    private record Exchange(ToChild action, CompletableFuture<FromChild.Result> answer) {}

    /**
     * Starts the process and tells it of its shard. Called once, first.
     *
     * @return completes when the child has answered; exceptionally with a {@link ChildFailedException} if it fails
     */
    public CompletableFuture<FromChild.Result> start(ToChild.Initialize initialize) {
        return ask(new Exchange(initialize, new CompletableFuture<>()), this::begin);
    }

    /**
     * Tells the child an action.
     *
     * @param service serves its checkpoints until it is told the next action
     * @return completes when the child has answered, with a {@link FromChild.Result.Failed} for records alone; exceptionally with a
     *     {@link ChildFailedException} if it fails, which says whether the child was told at all
     */
    public CompletableFuture<FromChild.Result> tell(ToChild action, Checkpoints service) {
        return ask(new Exchange(action, new CompletableFuture<>()), exchange -> handOver(exchange, service));
    }

    /**
     * Ends the process: closes its input, and sends signals if it does not go by itself.
     *
     * @param reason why, for people
     * @return completes when it is gone, which takes little longer than the limit for an exit
     */
    public CompletableFuture<Void> end(String reason) {
        try {
            loop.execute(() -> endOnLoop(reason));
        } catch (RejectedExecutionException over) {
            // The children have been closed, and this one with them.
        }
        return ended.thenAccept(why -> {});
    }

    /** Completes with the reason when the process is gone. */
    public CompletableFuture<String> ended() {
        return ended.copy();
    }

    /** A sentence on this child, of which {@code reason} is the end, such as {@code exited with code 1}. */
    public String sentence(String reason) {
        return "the child of " + name + " " + reason;
    }

    private CompletableFuture<FromChild.Result> ask(Exchange exchange, Consumer<Exchange> how) {
        try {
            loop.execute(() -> how.accept(exchange));
        } catch (RejectedExecutionException over) {
            exchange.answer.completeExceptionally(failed("the daemon ends", false));
        }
        return exchange.answer;
    }

    private void begin(Exchange exchange) {
        current = exchange;
        armStart();
        loop.whenComplete(wiring.starter().start(name, new ProcessEvents()), (started, error) -> {
            if (started == null) {
                if (isWanted()) {
                    kindOfFailure = ChildEnd.NOT_STARTED;
                    failure = "could not be started: " + (error == null ? "" : error.getMessage());
                }
                gone();
            } else {
                runs(started);
            }
        });
    }

    private void armStart() {
        began = wiring.ticker().nanoTime();
        Duration time = wiring.limits().start();
        limit.cancel();
        limit = loop.schedule(
                time,
                () -> fail(ChildEnd.TIMEOUT, "did not answer initialize within " + spoken(time) + " of its start"));
    }

    private boolean isWanted() {
        return failure == null && wish == null;
    }

    private void runs(ChildProcess started) {
        process = started;
        started.listen();
        moveTo(ChildState.INITIALIZING, "process " + started.pid() + " runs");
        wiring.listener().started(name, started.pid());
        if (failure != null) {
            stopNow();
        } else if (wish != null) {
            stopGently();
        } else {
            isTold = true;
            started.send(requireNonNull(current).action);
        }
    }

    private void handOver(Exchange exchange, Checkpoints service) {
        if (state == ChildState.ENDING || state == ChildState.ENDED || isDying()) {
            CompletableFuture<Void> unused =
                    ended.thenAccept(why -> exchange.answer.completeExceptionally(failed(why, false)));
            return;
        }
        if (state != ChildState.IDLE) {
            exchange.answer.completeExceptionally(
                    new IllegalStateException(this + " is told " + exchange.action.action() + " while it is " + state));
            return;
        }
        moveTo(ChildState.BUSY, exchange.action.action());
        current = exchange;
        isTold = true;
        toldAt = wiring.ticker().nanoTime();
        checkpoints = service;
        armLimit();
        lossCheck = loop.schedule(LOSS_CHECKS, this::checkLoss);
        requireNonNull(process).send(exchange.action);
        take();
    }

    /** True if no answer can come to what it is told from now on, and its end follows soon. */
    private boolean isDying() {
        return state == ChildState.IDLE && (exitCode != null || isOutputOver);
    }

    // Messages.

    private void take() {
        while (!isSaving && !inbox.isEmpty() && isServing()) {
            FromChild next = inbox.remove();
            if (next instanceof FromChild.Checkpoint asked) {
                save(asked);
            } else if (next instanceof FromChild.Status status) {
                answered(status);
            }
        }
    }

    private boolean isServing() {
        return state == ChildState.INITIALIZING || state == ChildState.IDLE || state == ChildState.BUSY;
    }

    private void save(FromChild.Checkpoint asked) {
        isSaving = true;
        if (state != ChildState.INITIALIZING) {
            limit.cancel();
        }
        loop.whenComplete(checkpoints.save(asked), (error, thrown) -> {
            isSaving = false;
            if (isServing()) {
                String told = thrown == null ? error : thrown.getClass().getSimpleName();
                requireNonNull(process)
                        .send(new ToChild.Checkpointed(asked.sequenceNumber(), asked.subSequenceNumber(), told));
                if (state == ChildState.BUSY) {
                    armLimit();
                }
                take();
            }
        });
    }

    private void answered(FromChild.Status status) {
        Exchange exchange = current;
        if (exchange == null) {
            fail(ChildEnd.PROTOCOL, "answered, but had been told nothing");
        } else if (!exchange.action.action().equals(status.responseFor())) {
            fail(ChildEnd.PROTOCOL, "was told " + exchange.action.action() + " and answered something else");
        } else if (status.result() instanceof FromChild.Result.Failed failed
                && !(exchange.action instanceof ToChild.ProcessRecords)
                && !(exchange.action instanceof ToChild.Invoke)) {
            fail(
                    ChildEnd.FAILED,
                    "failed in " + exchange.action.action() + ": " + failed.error() + " " + failed.trace());
        } else {
            if (state == ChildState.INITIALIZING) {
                wiring.listener().ready(name, wiring.ticker().since(began));
            } else {
                wiring.listener().answered(name, wiring.ticker().since(toldAt));
            }
            limit.cancel();
            lossCheck.cancel();
            current = null;
            moveTo(ChildState.IDLE, exchange.action.action() + " is answered");
            exchange.answer.complete(status.result());
        }
    }

    // Limits.

    private void armLimit() {
        Duration time = wiring.limits().messageOrNull();
        limit.cancel();
        if (time != null) {
            limit = loop.schedule(
                    time,
                    () -> fail(
                            ChildEnd.TIMEOUT,
                            "sent nothing for " + spoken(time) + " while it had " + inHand() + " in hand"));
        }
    }

    /** A child that hangs must not keep the shard from this worker's next ownership of it. */
    private void checkLoss() {
        if (state != ChildState.BUSY) {
            return;
        }
        if (checkpoints.isLeaseLost()) {
            Duration time = wiring.limits().afterLoss();
            lossCheck = loop.schedule(
                    time,
                    () -> fail(
                            ChildEnd.TIMEOUT,
                            "has " + inHand() + " in hand " + spoken(time) + " after the shard was lost"));
        } else {
            lossCheck = loop.schedule(LOSS_CHECKS, this::checkLoss);
        }
    }

    private String inHand() {
        return current == null ? "nothing" : current.action.action();
    }

    private static String spoken(Duration time) {
        return time.toMillis() % 1_000 == 0 ? time.toSeconds() + " s" : time.toMillis() + " ms";
    }

    // Ends.

    private void fail(ChildEnd kind, String why) {
        if (state == ChildState.ENDING || state == ChildState.ENDED) {
            return;
        }
        if (failure == null) {
            failure = why;
            kindOfFailure = kind;
        }
        if (state != ChildState.STARTING) {
            stopNow();
        }
    }

    private void endOnLoop(String reason) {
        if (state == ChildState.ENDING || state == ChildState.ENDED || wish != null) {
            return;
        }
        wish = reason;
        if (process != null) {
            stopGently();
        } else if (current == null) {
            // It was never started.
            gone();
        }
    }

    private void stopGently() {
        moveTo(ChildState.ENDING, requireNonNull(wish));
        ChildProcess running = stopping();
        Duration half = wiring.limits().exit().dividedBy(2);
        ending = loop.schedule(half, () -> {
            log.info("{}: has not ended {} after its input was closed, and gets SIGTERM", this, spoken(half));
            running.terminate();
            ending = loop.schedule(half, this::kill);
        });
    }

    private void stopNow() {
        moveTo(ChildState.ENDING, requireNonNull(failure));
        stopping().terminate();
        ending = loop.schedule(wiring.limits().exit().dividedBy(2), this::kill);
    }

    private ChildProcess stopping() {
        limit.cancel();
        lossCheck.cancel();
        ending.cancel();
        ChildProcess running = requireNonNull(process);
        running.closeInput();
        return running;
    }

    private void kill() {
        log.warn("{}: does not end, and gets SIGKILL", this);
        requireNonNull(process).kill();
        ending = loop.schedule(wiring.limits().exit(), () -> {
            log.error("{}: is not gone after SIGKILL, and is given up", this);
            gone();
        });
    }

    private void goneIfAllIsOver() {
        if (state == ChildState.ENDED) {
            return;
        }
        if (state == ChildState.ENDING
                && exitCode != null
                && requireNonNull(process).hasSurvivors()) {
            // They have the rest of its time, and SIGKILL follows as for itself.
            look.cancel();
            look = loop.schedule(LOOKS, this::goneIfAllIsOver);
        } else if (exitCode != null && isOutputOver) {
            gone();
        } else if (exitCode != null) {
            // Somebody else may hold its output open, for ever.
            ending.cancel();
            ending = loop.schedule(BETWEEN_ENDS, this::gone);
        } else if (state != ChildState.ENDING) {
            ending.cancel();
            ending = loop.schedule(BETWEEN_ENDS, () -> fail(ChildEnd.EXITED, "closed its output and goes on"));
        }
    }

    private void gone() {
        limit.cancel();
        lossCheck.cancel();
        ending.cancel();
        look.cancel();
        String reason = reason();
        ChildEnd end = failure != null ? kindOfFailure : wish != null ? ChildEnd.WANTED : ChildEnd.EXITED;
        moveTo(ChildState.ENDED, reason);
        ChildProcess was = process;
        wiring.listener().ended(name, was == null ? -1 : was.pid(), reason, end);
        wiring.over().accept(this);
        ended.complete(reason);
        Exchange exchange = current;
        current = null;
        if (exchange != null) {
            boolean isToBlame = isTold && (was == null || !was.isBlameless());
            exchange.answer.completeExceptionally(failed(reason, isToBlame));
        }
    }

    private String reason() {
        if (failure != null) {
            return failure;
        }
        if (wish != null) {
            return wish;
        }
        String with = current == null ? "" : " with " + inHand() + " in hand";
        Integer code = exitCode;
        if (code == null) {
            return "is gone" + with;
        }
        return (code > 128 ? "was ended by signal " + (code - 128) : "exited with code " + code) + with;
    }

    private ChildFailedException failed(String why, boolean wasTold) {
        return new ChildFailedException(sentence(why), wasTold);
    }

    private void moveTo(ChildState next, String reason) {
        state = ChildState.TRANSITIONS.move(state, next, reason, this);
    }

    @Override
    public String toString() {
        ChildProcess running = process;
        return "child " + (running == null ? "" : running.pid() + " ") + "of " + name;
    }

    /** Takes the events of the process, on the loop. */
    private final class ProcessEvents implements ChildProcess.Events {
        @Override
        public boolean isWanted() {
            return Child.this.isWanted();
        }

        @Override
        public void waits() {
            limit.cancel();
        }

        @Override
        public void begins() {
            if (state == ChildState.STARTING && Child.this.isWanted()) {
                armStart();
            }
        }

        @Override
        public void received(FromChild message) {
            if (!isServing()) {
                return;
            }
            if (inbox.size() >= MOST_MESSAGES) {
                fail(ChildEnd.PROTOCOL, "sends checkpoints without waiting for answers");
                return;
            }
            inbox.add(message);
            take();
        }

        @Override
        public void moved(long toChild, long fromChild) {
            wiring.listener().moved(name, toChild, fromChild);
        }

        @Override
        public void broke(String why) {
            fail(ChildEnd.PROTOCOL, why);
        }

        @Override
        public void outputEnded() {
            isOutputOver = true;
            goneIfAllIsOver();
        }

        @Override
        public void sendFailed(String why) {
            // It is most likely about to end, and its exit code says more.
            if (isServing() && exitCode == null) {
                ending.cancel();
                ending = loop.schedule(BETWEEN_ENDS, () -> fail(ChildEnd.EXITED, "does not read its input: " + why));
            }
        }

        @Override
        public void exited(int code) {
            exitCode = code;
            goneIfAllIsOver();
        }
    }
}
