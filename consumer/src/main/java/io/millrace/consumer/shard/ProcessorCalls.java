package io.millrace.consumer.shard;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.Timer;
import io.millrace.checkpoint.Checkpointer;
import io.millrace.consumer.letters.Letter;
import io.millrace.consumer.letters.LetterSink;
import io.millrace.consumer.processor.AsyncRecordProcessor;
import io.millrace.consumer.processor.ProcessorBrokenException;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.consumer.processor.ShardContext;
import io.millrace.consumer.watch.RunningCall;
import io.millrace.lease.HeldLease;
import io.millrace.runtime.Ticker;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The user's processor of one lane: makes it and calls it, one call at a time. Records and the shard's end are told only while
 * the lease is valid. Belongs to the worker's event loop.
 */
final class ProcessorCalls {
    private static final CompletionStage<Outcome> MADE = CompletableFuture.completedFuture(new Outcome.Returned());
    private static final CompletionStage<Outcome> NOT_MADE = CompletableFuture.completedFuture(new Outcome.NotOurs());

    private final HeldLease lease;
    private final ConsumerParts parts;
    private final ShardStatus.Slot slot;
    private @Nullable AsyncRecordProcessor processor;
    private boolean initialized;
    private boolean saidGoodbye;
    private @Nullable RunningCall running;

    ProcessorCalls(HeldLease lease, ConsumerParts parts, ShardStatus.Slot slot) {
        this.lease = lease;
        this.parts = parts;
        this.slot = slot;
    }

    /** What came of a call. */
    sealed interface Outcome {
        /** It returned. */
        record Returned() implements Outcome {}

        /** The user's code threw in {@code call}. */
        record Threw(String call, Throwable error) implements Outcome {}

        /** It was not made: the lease was not valid any more when a thread was free. */
        record NotOurs() implements Outcome {}
    }

    /** True while a call is under way. */
    boolean isBusy() {
        return running != null;
    }

    /** Interrupts the call under way, if there is one. */
    void interrupt() {
        RunningCall call = running;
        if (call != null) {
            call.interrupt();
        }
    }

    /** True when the processor may be told of an end: it was initialized and was told of none. */
    boolean expectsEnd() {
        return initialized && !saidGoodbye;
    }

    /**
     * Makes the processor, unless that has been done, and initializes it.
     *
     * @param broken is told when the processor breaks while it expects calls and none is under way
     */
    void initialize(ShardContext context, Consumer<Outcome> done, Consumer<Outcome.Threw> broken) {
        AtomicReference<@Nullable AsyncRecordProcessor> made = new AtomicReference<>(processor);
        AtomicReference<@Nullable CompletionStage<?>> end = new AtomicReference<>();
        Callable<CompletionStage<Outcome>> call = () -> {
            AsyncRecordProcessor user = made.get();
            if (user == null) {
                user = requireNonNull(parts.processors().get(), "the processor's factory returned null");
                made.set(user);
            }
            CompletionStage<Outcome> stage = outcome(user.initialize(context));
            end.set(user.broken());
            return stage;
        };
        run("initialize", call, outcome -> {
            processor = made.get();
            initialized = outcome instanceof Outcome.Returned;
            done.accept(outcome);
            CompletionStage<?> broke = end.get();
            if (initialized && broke != null) {
                parts.loop().whenComplete(broke, (value, error) -> {
                    if (expectsEnd() && !isBusy()) {
                        broken.accept(new Outcome.Threw("broken", brokenBy(error)));
                    }
                });
            }
        });
    }

    private static ProcessorBrokenException brokenBy(@Nullable Throwable error) {
        return error instanceof ProcessorBrokenException known
                ? known
                : new ProcessorBrokenException("the processor broke between calls", error);
    }

    /** Hands out a batch. */
    void processRecords(RecordBatch batch, Consumer<Outcome> done) {
        AsyncRecordProcessor user = requireNonNull(processor);
        Timer time = parts.meters().processing(lease.key().stream());
        Ticker ticker = parts.platform().ticker();
        Callable<CompletionStage<Outcome>> timed = whileOurs(() -> {
            long began = ticker.nanoTime();
            CompletionStage<?> stage = user.processRecords(batch);
            return requireNonNull(stage, "processRecords returned null instead of a stage")
                    .whenComplete((value, error) -> time.record(ticker.since(began)));
        });
        run("processRecords", timed, done);
    }

    /**
     * Tells the processor that the shard is read out.
     *
     * @param owesCheckpoint true if it may not return yet: then it has not taken the end, and is told of another if one comes first
     */
    void shardEnded(Checkpointer checkpointer, BooleanSupplier owesCheckpoint, Consumer<Outcome> done) {
        AsyncRecordProcessor user = requireNonNull(processor);
        run("shardEnded", whileOurs(() -> user.shardEnded(checkpointer)), outcome -> {
            Outcome result = outcome instanceof Outcome.Returned && owesCheckpoint.getAsBoolean()
                    ? new Outcome.Threw(
                            "shardEnded", new IllegalStateException("shardEnded returned without a checkpoint"))
                    : outcome;
            saidGoodbye |= result instanceof Outcome.Returned;
            done.accept(result);
        });
    }

    void shutdownRequested(Checkpointer checkpointer, Consumer<Outcome> done) {
        AsyncRecordProcessor user = requireNonNull(processor);
        saidGoodbye = true;
        run("shutdownRequested", () -> outcome(user.shutdownRequested(checkpointer)), done);
    }

    void leaseLost(Consumer<Outcome> done) {
        AsyncRecordProcessor user = requireNonNull(processor);
        saidGoodbye = true;
        run("leaseLost", () -> outcome(user.leaseLost()), done);
    }

    /** The processor is told nothing any more. */
    void forget() {
        saidGoodbye = true;
    }

    /** Tells the processor that the lease is gone, on a thread that may block; empty unless it expects to be told of an end. */
    Optional<Callable<CompletionStage<?>>> farewell() {
        AsyncRecordProcessor user = processor;
        if (user == null || !expectsEnd()) {
            return Optional.empty();
        }
        saidGoodbye = true;
        return Optional.of(user::leaseLost);
    }

    /** Writes letters, on a thread that may block. */
    void write(LetterSink sink, List<Letter> letters, LetterSink.Reason reason, Consumer<Outcome> done) {
        Callable<CompletionStage<?>> call = () -> {
            sink.write(letters, reason);
            return CompletableFuture.completedFuture(null);
        };
        run("the letter sink's write", whileOurs(call), done);
    }

    private Callable<CompletionStage<Outcome>> whileOurs(Callable<? extends CompletionStage<?>> code) {
        // It may have taken a while to get a thread.
        return () -> lease.isValid() ? outcome(code.call()) : NOT_MADE;
    }

    private static CompletionStage<Outcome> outcome(@Nullable CompletionStage<?> stage) {
        return requireNonNull(stage, "a call of the processor returned null instead of a stage")
                .thenCompose(any -> MADE);
    }

    private void run(String name, Callable<CompletionStage<Outcome>> code, Consumer<Outcome> done) {
        RunningCall call = parts.calls().call(code, (outcome, error) -> {
            running = null;
            slot.waitIsOver();
            saidGoodbye |= error instanceof ProcessorBrokenException;
            done.accept(error != null ? new Outcome.Threw(name, error) : requireNonNull(outcome));
        });
        running = call;
        slot.waitsFor(name, call);
    }
}
