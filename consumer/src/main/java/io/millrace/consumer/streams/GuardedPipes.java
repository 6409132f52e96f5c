package io.millrace.consumer.streams;

import static java.util.Objects.requireNonNull;

import io.millrace.fanout.pipe.PipeEnd;
import io.millrace.fanout.pipe.PipeEvent;
import io.millrace.fanout.pipe.ShardPipes;
import io.millrace.lease.ShardDirectory.StreamIdentity;
import io.millrace.lease.StreamNotFoundException;
import io.millrace.model.Position;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Pipes of the streams that a worker began with, and of no others of the same names. A consumer that is known by its name is
 * found by its stream's name as well; so once a subscription is accepted, the first event waits until it is known which
 * stream this is. A pipe keeps to its stream from then on. Safe for any thread.
 */
final class GuardedPipes implements ShardPipes {
    private final ShardPipes pipes;
    private final Function<StreamName, CompletionStage<StreamIdentity>> identify;

    /** Subscribes by {@code pipes}; {@code identify} fails for a stream that is not, or not any more, the worker's. */
    GuardedPipes(ShardPipes pipes, Function<StreamName, CompletionStage<StreamIdentity>> identify) {
        this.pipes = requireNonNull(pipes, "pipes");
        this.identify = requireNonNull(identify, "identify");
    }

    @Override
    public Subscription subscribe(StreamName stream, ShardId shard, Position from, PipeListener listener) {
        return pipes.subscribe(stream, shard, from, new Gate(stream, listener));
    }

    /** Lets through what comes once the stream is known. Called as a listener is: one call at a time. */
    private final class Gate implements PipeListener {
        private final StreamName stream;
        private final PipeListener listener;
        /** Completes when all that came before was handed on, with why the pipe has ended here if it has. */
        private CompletableFuture<@Nullable PipeEnd> before = CompletableFuture.completedFuture(null);

        Gate(StreamName stream, PipeListener listener) {
            this.stream = stream;
            this.listener = listener;
        }

        @Override
        public void opened() {
            listener.opened();
            before = CompletableFuture.completedFuture(stream)
                    .thenCompose(identify)
                    .handle((same, error) -> {
                        if (error == null) {
                            return null;
                        }
                        PipeEnd end = endOf(error);
                        listener.ended(end);
                        return end;
                    });
        }

        @Override
        public void event(PipeEvent event) {
            then(() -> listener.event(event));
        }

        @Override
        public void ended(PipeEnd end) {
            then(() -> listener.ended(end));
        }

        private void then(Runnable next) {
            before = before.thenApply(end -> {
                if (end == null) {
                    next.run();
                }
                return end;
            });
        }
    }

    private static PipeEnd endOf(Throwable error) {
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        PipeEnd.Kind kind = cause instanceof StreamNotFoundException ? PipeEnd.Kind.GONE : PipeEnd.Kind.BROKEN;
        return new PipeEnd(kind, "it is not known which stream this is: " + cause.getMessage());
    }
}
