package io.millrace.lease.coordinator;

import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * Lets a worker's writes go one after the other, the most urgent first: never more than a few at once, so that a heartbeat
 * finds a connection and others' answers come within their time, and never more a second than the {@link TableBudget}
 * allows. Heartbeats do not wait here; while one is refused nothing else goes.
 *
 * <p>Belongs to the loop.
 */
final class WritePacer {
    /** Less than half of the connections that the SDK's client makes by default (50). */
    static final int MOST_UNDER_WAY = 20;

    private final EventLoop loop;
    private final TableBudget budget;
    private final Map<WriteKind, Deque<Turn>> waiting = new EnumMap<>(WriteKind.class);
    private int underWay;
    private int refusedHeartbeats;
    private boolean letting;
    private EventLoop.Cancellable next = EventLoop.Cancellable.DONE;

    WritePacer(EventLoop loop, Platform platform, Duration failoverTime) {
        this.loop = loop;
        this.budget = new TableBudget(platform.ticker(), platform.random(), failoverTime);
        for (WriteKind kind : WriteKind.values()) {
            waiting.put(kind, new ArrayDeque<>());
        }
    }

    /** What the table took and refused is told here. */
    TableBudget budget() {
        return budget;
    }

    /**
     * Waits for a turn.
     *
     * @param go is called once, maybe at once, and must end the turn some time
     */
    Turn ask(WriteKind kind, Consumer<Turn> go) {
        return ask(kind, go, false);
    }

    /** Waits for a turn once more, before all others of its kind: what was refused has waited longest. */
    Turn askAgain(WriteKind kind, Consumer<Turn> go) {
        return ask(kind, go, true);
    }

    private Turn ask(WriteKind kind, Consumer<Turn> go, boolean first) {
        Turn turn = new Turn(kind, go);
        if (first) {
            queue(kind).addFirst(turn);
        } else {
            queue(kind).addLast(turn);
        }
        letGo();
        return turn;
    }

    /** True when a heartbeat may go before it is due, which costs as much as any other write. */
    boolean allowsEarlyBeat() {
        if (refusedHeartbeats > 0 || !budget.untilNext().isZero()) {
            return false;
        }
        budget.spend();
        return true;
    }

    /** A heartbeat was refused: nothing else goes until it {@link #heartbeatWentThrough}. */
    void heartbeatRefused() {
        refusedHeartbeats++;
    }

    /** As many calls as of {@link #heartbeatRefused} let the others go again. */
    void heartbeatWentThrough() {
        refusedHeartbeats--;
        letGo();
    }

    private Deque<Turn> queue(WriteKind kind) {
        return java.util.Objects.requireNonNull(waiting.get(kind));
    }

    private void letGo() {
        if (letting) {
            return;
        }
        letting = true;
        next.cancel();
        try {
            for (Deque<Turn> queue = mostUrgent(); mayGo(queue); queue = mostUrgent()) {
                queue.removeFirst().go();
            }
        } finally {
            letting = false;
        }
    }

    private Deque<Turn> mostUrgent() {
        for (Deque<Turn> queue : waiting.values()) {
            if (!queue.isEmpty()) {
                return queue;
            }
        }
        return new ArrayDeque<>();
    }

    private boolean mayGo(Deque<Turn> queue) {
        if (queue.isEmpty() || underWay >= MOST_UNDER_WAY || refusedHeartbeats > 0) {
            return false;
        }
        Duration wait = budget.untilNext();
        if (wait.isZero()) {
            return true;
        }
        next = later(wait.compareTo(budget.step()) < 0 ? wait : budget.step());
        return false;
    }

    private EventLoop.Cancellable later(Duration wait) {
        try {
            return loop.schedule(wait, this::letGo);
        } catch (RejectedExecutionException closed) {
            return EventLoop.Cancellable.DONE;
        }
    }

    /** One write's turn. */
    final class Turn {
        private final WriteKind kind;
        private final Consumer<Turn> action;
        private boolean going;

        private Turn(WriteKind kind, Consumer<Turn> action) {
            this.kind = kind;
            this.action = action;
        }

        private void go() {
            budget.spend();
            underWay++;
            going = true;
            action.accept(this);
        }

        /** Waits no more. Returns false, and changes nothing, when its time had come already. */
        boolean giveUp() {
            return !going && queue(kind).remove(this);
        }

        /** Its write has an answer, or gets none any more. */
        void end() {
            underWay--;
            letGo();
        }

        /** Its time came, and there is nothing to write any more. */
        void endUnused() {
            budget.takeBack();
            end();
        }
    }
}
