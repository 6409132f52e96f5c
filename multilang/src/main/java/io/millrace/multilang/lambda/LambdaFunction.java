package io.millrace.multilang.lambda;

import static java.util.Objects.requireNonNull;

import io.millrace.consumer.mapping.BatchAnswer;
import io.millrace.consumer.mapping.BatchFunction;
import io.millrace.consumer.mapping.FunctionNames;
import io.millrace.consumer.mapping.Invocation;
import io.millrace.consumer.mapping.KinesisEvent;
import io.millrace.consumer.processor.ProcessingFailedException;
import io.millrace.consumer.processor.ProcessorBrokenException;
import io.millrace.consumer.processor.ShardContext;
import io.millrace.multilang.child.Checkpoints;
import io.millrace.multilang.child.Child;
import io.millrace.multilang.child.ChildFailedException;
import io.millrace.multilang.child.ChildName;
import io.millrace.multilang.child.Children;
import io.millrace.multilang.line.FromChild;
import io.millrace.multilang.line.ToChild;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One lane's function, which runs in a child. A child that fails with an event in hand, by its time limit for instance, fails the
 * event's records, and another one is started for the next event. One that does not start is no fault of any record. Called by the
 * worker, one call at a time.
 */
final class LambdaFunction implements BatchFunction {
    private final Children children;
    private final FunctionNames names;
    private final boolean isReporting;

    private volatile @Nullable ShardContext shard;

    /** Absent after one has failed, until the next call. */
    private volatile @Nullable Child child;

    LambdaFunction(Children children, FunctionNames names, boolean isReporting) {
        this.children = children;
        this.names = names;
        this.isReporting = isReporting;
    }

    @Override
    public CompletionStage<?> start(ShardContext context) {
        shard = context;
        return started();
    }

    private CompletableFuture<Child> started() {
        ShardContext context = requireNonNull(shard, "the function is not started");
        Child next = children.newChild(new ChildName(context.stream(), context.shard()));
        child = next;
        return next.start(ToChild.Initialize.at(context.shard(), context.checkpoint()))
                .handle((answered, error) -> {
                    if (error != null) {
                        child = null;
                        throw new ProcessorBrokenException(
                                String.valueOf(cause(error).getMessage()), null);
                    }
                    return next;
                });
    }

    @Override
    public CompletionStage<BatchAnswer> invoke(Invocation invocation) {
        ToChild event = new ToChild.Invoke(KinesisEvent.of(invocation, names));
        Checkpoints none = new NoCheckpoints(invocation);
        Child known = child;
        if (known == null) {
            return started().thenCompose(next -> tell(next, event, none));
        }
        return known.tell(event, none)
                .thenApply(result -> answer(known, result))
                .exceptionallyCompose(error -> {
                    if (cause(error) instanceof ChildFailedException failed && !failed.isTold()) {
                        // It has ended between two events.
                        return started().thenCompose(next -> tell(next, event, none));
                    }
                    return CompletableFuture.failedFuture(failure(error));
                });
    }

    private CompletableFuture<BatchAnswer> tell(Child told, ToChild event, Checkpoints none) {
        return told.tell(event, none)
                .thenApply(result -> answer(told, result))
                .exceptionallyCompose(error -> CompletableFuture.failedFuture(failure(error)));
    }

    private BatchAnswer answer(Child told, FromChild.Result result) {
        if (result instanceof FromChild.Result.Failed failed) {
            throw new ProcessingFailedException(
                    told.sentence("failed: " + failed.error() + " " + failed.trace()), null);
        }
        return result instanceof FromChild.Result.Returned returned
                ? LambdaAnswer.parse(returned.answer(), isReporting)
                : BatchAnswer.PROCESSED;
    }

    private Throwable failure(Throwable error) {
        Throwable cause = cause(error);
        if (!(cause instanceof ChildFailedException failed)) {
            return cause;
        }
        child = null;
        String why = String.valueOf(failed.getMessage());
        return failed.isTold() ? new ProcessingFailedException(why, null) : new ProcessorBrokenException(why, null);
    }

    @Override
    public CompletionStage<?> end() {
        Child last = child;
        child = null;
        return last == null ? CompletableFuture.completedFuture(null) : last.end("its shard is left");
    }

    private static Throwable cause(Throwable error) {
        return error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    }

    /** A function has nothing to checkpoint; a child whose shard is lost does not keep it for long. */
    private record NoCheckpoints(Invocation invocation) implements Checkpoints {
        @Override
        public CompletableFuture<@Nullable String> save(FromChild.Checkpoint asked) {
            return CompletableFuture.completedFuture("InvalidStateException");
        }

        @Override
        public boolean isLeaseLost() {
            return invocation.isLeaseLost();
        }
    }
}
