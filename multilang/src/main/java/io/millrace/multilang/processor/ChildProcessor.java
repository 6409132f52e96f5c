package io.millrace.multilang.processor;

import io.millrace.checkpoint.Checkpointer;
import io.millrace.consumer.processor.AsyncRecordProcessor;
import io.millrace.consumer.processor.ProcessorBrokenException;
import io.millrace.consumer.processor.RecordBatch;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One shard's processor, whose work a child does. A child that fails makes it of no use ({@link ProcessorBrokenException}): the
 * worker makes another one, whose child begins at the checkpoint. Called by the worker, one call at a time.
 */
final class ChildProcessor implements AsyncRecordProcessor {
    private static final Logger log = LoggerFactory.getLogger(ChildProcessor.class);

    /** A child that was told of the loss has as much time as one that was not, and can save nothing. */
    private static final Checkpoints LOST = new Checkpoints() {
        @Override
        public CompletableFuture<@Nullable String> save(FromChild.Checkpoint asked) {
            return CompletableFuture.completedFuture(AskedCheckpoint.NOT_NOW);
        }

        @Override
        public boolean isLeaseLost() {
            return true;
        }
    };

    private final Children children;
    private volatile @Nullable Life life;

    ChildProcessor(Children children) {
        this.children = children;
    }

    /**
     * A child and its shard.
     *
     * @param child works on it
     * @param progress how far it has come
     */
    private record Life(Child child, ShardProgress progress) {}

    @Override
    public CompletionStage<?> initialize(ShardContext shard) {
        Life begun = new Life(
                children.newChild(new ChildName(shard.stream(), shard.shard())), new ShardProgress(shard.checkpoint()));
        life = begun;
        return broken(begun.child.start(ToChild.Initialize.at(shard.shard(), shard.checkpoint())));
    }

    @Override
    public CompletionStage<?> broken() {
        Child child = living().child;
        return child.ended().thenAccept(reason -> {
            throw new ProcessorBrokenException(child.sentence(reason), null);
        });
    }

    @Override
    public CompletionStage<?> processRecords(RecordBatch batch) {
        Life now = living();
        now.progress.delivers(
                batch.records().isEmpty() ? null : batch.lastRecord().position());
        return broken(now.child.tell(
                new ToChild.ProcessRecords(batch.records(), batch.millisBehindLatest()),
                now.progress.by(batch.checkpointer(), false)));
    }

    @Override
    public CompletionStage<?> leaseLost() {
        Life now = life;
        return now == null ? CompletableFuture.completedFuture(null) : tellLost(now.child);
    }

    @Override
    public CompletionStage<?> shardEnded(Checkpointer checkpointer) {
        Life now = living();
        return broken(now.child
                .tell(new ToChild.ShardEnded(), now.progress.by(checkpointer, true))
                .thenCompose(answered -> {
                    CompletableFuture<Void> gone = now.child.end("its shard has ended");
                    if (now.progress.isAllSaved()) {
                        return CompletableFuture.completedFuture(null);
                    }
                    return gone.thenRun(() -> {
                        throw new ChildFailedException(
                                now.child.sentence("answered shardEnded without a checkpoint, and is"
                                        + " told again once it has the records from the checkpoint on"));
                    });
                }));
    }

    @Override
    public CompletionStage<?> shutdownRequested(Checkpointer checkpointer) {
        Life now = living();
        return now.child
                .tell(new ToChild.ShutdownRequested(), now.progress.by(checkpointer, false))
                .whenComplete((answered, error) -> {
                    // Amazon's daemon tells both, one after the other. The lease need not wait for the second.
                    CompletableFuture<Void> unused = tellLost(now.child);
                });
    }

    private static CompletableFuture<Void> tellLost(Child child) {
        return child.tell(new ToChild.LeaseLost(), LOST)
                .exceptionally(failed -> {
                    log.info("{}", cause(failed).getMessage());
                    return null;
                })
                .whenComplete((told, error) -> {
                    CompletableFuture<Void> unused = child.end("its shard is left");
                });
    }

    private Life living() {
        Life now = life;
        if (now == null) {
            throw new IllegalStateException("the processor is not initialized");
        }
        return now;
    }

    private static CompletableFuture<Void> broken(CompletableFuture<Void> answer) {
        return answer.handle((done, error) -> {
            if (error == null) {
                return null;
            }
            Throwable cause = cause(error);
            throw cause instanceof ChildFailedException
                    ? new ProcessorBrokenException(String.valueOf(cause.getMessage()), null)
                    : new CompletionException(cause);
        });
    }

    private static Throwable cause(Throwable error) {
        return error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    }
}
