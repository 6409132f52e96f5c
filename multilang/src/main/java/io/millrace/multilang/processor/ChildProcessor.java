package io.millrace.multilang.processor;

import static java.util.Objects.requireNonNull;

import io.millrace.checkpoint.Checkpointer;
import io.millrace.consumer.processor.AsyncRecordProcessor;
import io.millrace.consumer.processor.ProcessingFailedException;
import io.millrace.consumer.processor.ProcessorBrokenException;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.consumer.processor.ShardContext;
import io.millrace.model.RecordPosition;
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
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One shard's processor, whose work a child does. If a child fails with records in hand, and all those before them are
 * checkpointed, that is a failure of the records: they come again to a new child, for as long as the failure policy has it.
 * Otherwise the processor is of no use ({@link ProcessorBrokenException}), because the new child needs the records from the
 * checkpoint on. Records that no child was told are never at fault. Called by the worker, one call at a time.
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
    private final PolicyWarning warning;
    private final CompletableFuture<Void> broken = new CompletableFuture<>();

    /** The shard and how far it has come; absent before the first call. */
    private volatile @Nullable Work work;

    /** Absent after one has failed, until the next call. */
    private volatile @Nullable Child child;

    /** True while a call is under way: what becomes of the child is then told by its outcome. */
    private volatile boolean isBusy;

    /** True until the last child that was started has answered. */
    private volatile boolean isStarting;

    ChildProcessor(Children children, PolicyWarning warning) {
        this.children = children;
        this.warning = warning;
    }

    /**
     * A shard to work on.
     *
     * @param name what its children are called
     * @param progress how far it has come
     */
    private record Work(ChildName name, ShardProgress progress) {}

    @Override
    public CompletionStage<?> initialize(ShardContext shard) {
        work = new Work(new ChildName(shard.stream(), shard.shard()), new ShardProgress(shard.checkpoint()));
        return call(this::start, ChildProcessor::always);
    }

    @Override
    public CompletionStage<?> broken() {
        return broken;
    }

    @Override
    public CompletionStage<?> processRecords(RecordBatch batch) {
        ShardProgress progress = work().progress;
        RecordPosition last =
                batch.records().isEmpty() ? null : batch.lastRecord().position();
        ToChild message = new ToChild.ProcessRecords(batch.records(), batch.millisBehindLatest());
        Supplier<CompletableFuture<Void>> told = () -> ready().thenCompose(ready -> {
                    progress.delivers(last);
                    return tell(message, progress.by(batch.checkpointer(), false));
                })
                .thenAccept(result -> take(result, batch));
        return call(told, this::breaksWithRecords).thenRun(() -> progress.answered(last));
    }

    private boolean breaksWithRecords() {
        if (isStarting) {
            return true;
        }
        Work now = work();
        if (now.progress.isAllSaved()) {
            return false;
        }
        warning.childEndedWithOpenRecords(now.name);
        return true;
    }

    /** A child that tells a failure goes on, and keeps what it knows: the records come again to the same one. */
    private void take(FromChild.Result result, RecordBatch batch) {
        if (result instanceof FromChild.Result.Failed failed) {
            throw new ProcessingFailedException(
                    living().sentence("failed: " + failed.error() + " " + failed.trace()), null);
        }
        if (result instanceof FromChild.Result.Processed && !batch.records().isEmpty()) {
            work().progress.processed(batch.lastRecord().position());
            // A lost lease is told by other means, and the latest of all that are asked for is saved.
            CompletionStage<Void> unused = batch.checkpointer().checkpointAsync();
        }
    }

    @Override
    public CompletionStage<?> leaseLost() {
        Child last = child;
        // Nothing breaks any more when it ends.
        child = null;
        return last == null
                ? CompletableFuture.completedFuture(null)
                : call(() -> tellLost(last), ChildProcessor::always);
    }

    @Override
    public CompletionStage<?> shardEnded(Checkpointer checkpointer) {
        ShardProgress progress = work().progress;
        Supplier<CompletableFuture<Void>> told =
                () -> ready().thenCompose(ready -> tell(new ToChild.ShardEnded(), progress.by(checkpointer, true)))
                        .thenCompose(answered -> {
                            Child last = living();
                            CompletableFuture<Void> gone = last.end("its shard has ended");
                            return progress.isAllSaved()
                                    ? CompletableFuture.completedFuture(null)
                                    : gone.thenRun(() -> {
                                        throw new ChildFailedException(
                                                last.sentence("answered shardEnded without a checkpoint;"
                                                        + " it is told again, with the records from the checkpoint on"),
                                                true);
                                    });
                        });
        return call(told, ChildProcessor::always);
    }

    @Override
    public CompletionStage<?> shutdownRequested(Checkpointer checkpointer) {
        Child last = child;
        if (last == null) {
            return CompletableFuture.completedFuture(null);
        }
        Checkpoints service = work().progress.by(checkpointer, false);
        return call(
                        () -> last.tell(new ToChild.ShutdownRequested(), service)
                                .thenAccept(told -> {}),
                        ChildProcessor::always)
                .whenComplete((answered, error) -> {
                    isBusy = true;
                    // Amazon's daemon tells both, one after the other. The lease need not wait for the second.
                    CompletableFuture<Void> unused = tellLost(last);
                });
    }

    /** Completes when the child is gone. */
    private static CompletableFuture<Void> tellLost(Child last) {
        return last.tell(new ToChild.LeaseLost(), LOST)
                .thenAccept(told -> {})
                .exceptionally(failed -> {
                    log.info("{}", cause(failed).getMessage());
                    return null;
                })
                .thenCompose(told -> last.end("its shard is left"));
    }

    private Work work() {
        return requireNonNull(work, "the processor is not initialized");
    }

    private Child living() {
        return requireNonNull(child, "there is no child");
    }

    private CompletableFuture<FromChild.Result> tell(ToChild action, Checkpoints service) {
        return living().tell(action, service);
    }

    /** A child that waits for an action. */
    private CompletableFuture<Void> ready() {
        return child == null ? start() : CompletableFuture.completedFuture(null);
    }

    private CompletableFuture<Void> start() {
        Work now = work();
        Child next = children.newChild(now.name);
        child = next;
        CompletableFuture<Void> unused = next.ended().thenAccept(reason -> {
            if (child == next && !isBusy) {
                broken.completeExceptionally(new ProcessorBrokenException(next.sentence(reason), null));
            }
        });
        isStarting = true;
        return next.start(ToChild.Initialize.at(now.name.shard(), now.progress.saved()))
                .thenRun(() -> isStarting = false);
    }

    /**
     * Makes a call. If its child fails the child is forgotten, and the processor with it if {@code breaks}.
     *
     * @param breaks asked then, says true if a new child could not take over here
     */
    private CompletableFuture<Void> call(Supplier<CompletableFuture<Void>> code, BooleanSupplier breaks) {
        isBusy = true;
        return code.get().handle((done, error) -> {
            isBusy = false;
            if (error == null) {
                return null;
            }
            Throwable cause = cause(error);
            if (!(cause instanceof ChildFailedException failed)) {
                throw new CompletionException(cause);
            }
            child = null;
            String why = String.valueOf(failed.getMessage());
            // Nothing that no child was told can be its fault.
            throw !failed.isTold() || breaks.getAsBoolean()
                    ? new ProcessorBrokenException(why, null)
                    : new ProcessingFailedException(why, null);
        });
    }

    private static boolean always() {
        return true;
    }

    private static Throwable cause(Throwable error) {
        return error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    }
}
