package io.millrace.lease.coordinator;

import io.millrace.runtime.EventLoop;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * Asks the listener again and again whether it is still there. The heartbeat runs on the coordinator's own loop and would go
 * on for a holder that stands still, so that nobody else takes the shards that nobody processes.
 *
 * <p>Belongs to the loop.
 */
final class ListenerWatch {
    private final Wiring wiring;
    private final Consumer<Duration> onSilence;
    private EventLoop.Cancellable next = EventLoop.Cancellable.DONE;
    private boolean over;

    /** Tells {@code onSilence} once when the listener has not answered for 80 % of the failover time. */
    ListenerWatch(Wiring wiring, Consumer<Duration> onSilence) {
        this.wiring = wiring;
        this.onSilence = onSilence;
    }

    void start() {
        if (over) {
            return;
        }
        Duration most = wiring.settings().proofTime();
        next = wiring.later(most, () -> {
            over = true;
            onSilence.accept(most);
        });
        wiring.then(answer(wiring), answered -> {
            next.cancel();
            if (!over) {
                next = wiring.later(wiring.settings().heartbeatInterval(), this::start);
            }
        });
    }

    void stop() {
        over = true;
        next.cancel();
    }

    /** Completes on the loop when the listener answers. */
    static CompletableFuture<Void> answer(Wiring wiring) {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        wiring.listener().ping(() -> {
            try {
                wiring.loop().execute(() -> answer.complete(null));
            } catch (RejectedExecutionException closed) {
                // Nobody asks any more.
            }
        });
        return answer;
    }
}
