package io.millrace.consumer.shard;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.Timer;
import io.millrace.checkpoint.Checkpointer;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.consumer.processor.RecordProcessor;
import io.millrace.consumer.processor.ShardContext;
import io.millrace.consumer.watch.FailureLog;
import io.millrace.consumer.watch.FailureReports;
import io.millrace.lease.HeldLease;
import io.millrace.runtime.Backoff;
import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The user's processor of one shard: makes it, calls it, one call at a time, and keeps account of what it threw. Records
 * and the shard's end are told only while the lease is valid. Belongs to the worker's event loop.
 */
final class ProcessorCalls {
    private static final Logger log = LoggerFactory.getLogger(ProcessorCalls.class);

    private final HeldLease lease;
    private final ConsumerParts parts;
    private final FailureLog failures;
    private final ShardStatus status;
    private @Nullable RecordProcessor processor;
    private boolean initialized;
    private boolean busy;
    private boolean saidGoodbye;

    ProcessorCalls(HeldLease lease, ConsumerParts parts, FailureLog failures, ShardStatus status) {
        this.lease = lease;
        this.parts = parts;
        this.failures = failures;
        this.status = status;
    }

    /** What came of a call. */
    enum Outcome {
        /** It returned. */
        RETURNED,
        /** It threw; written down and logged. */
        THREW,
        /** It was not made: the lease was not valid any more when a thread was free. */
        NOT_OURS
    }

    /** True while a call is under way. */
    boolean isBusy() {
        return busy;
    }

    /** True when the processor may be told of an end: it was initialized and was told of none. */
    boolean expectsEnd() {
        return initialized && !saidGoodbye;
    }

    /** Makes the processor, unless that has been done, and initializes it. */
    void initialize(ShardContext context, Consumer<Outcome> done) {
        AtomicReference<@Nullable RecordProcessor> made = new AtomicReference<>(processor);
        Callable<Outcome> call = () -> {
            RecordProcessor user = made.get();
            if (user == null) {
                user = requireNonNull(parts.processors().get(), "the processor's factory returned null");
                made.set(user);
            }
            user.initialize(context);
            return Outcome.RETURNED;
        };
        run("initialize", call, () -> {}, outcome -> {
            processor = made.get();
            initialized = outcome == Outcome.RETURNED;
            done.accept(outcome);
        });
    }

    /**
     * Hands out a batch.
     *
     * @param settle run first once the call is over: says {@link #gotFurther} if a part of the batch is processed already
     */
    void processRecords(RecordBatch batch, Runnable settle, Consumer<Outcome> done) {
        RecordProcessor user = requireNonNull(processor);
        Timer time = parts.meters().processing(lease.key().stream());
        Ticker ticker = parts.platform().ticker();
        UserCode timed = () -> {
            long began = ticker.nanoTime();
            try {
                user.processRecords(batch);
            } finally {
                time.record(ticker.since(began));
            }
        };
        run("processRecords", whileOurs(timed), settle, done);
    }

    void shardEnded(Checkpointer checkpointer, Consumer<Outcome> done) {
        RecordProcessor user = requireNonNull(processor);
        run("shardEnded", whileOurs(() -> user.shardEnded(checkpointer)), () -> {}, outcome -> {
            saidGoodbye = outcome == Outcome.RETURNED;
            done.accept(outcome);
        });
    }

    void shutdownRequested(Checkpointer checkpointer, Runnable done) {
        RecordProcessor user = requireNonNull(processor);
        sayGoodbye("shutdownRequested", () -> user.shutdownRequested(checkpointer), done);
    }

    void leaseLost(Runnable done) {
        RecordProcessor user = requireNonNull(processor);
        sayGoodbye("leaseLost", user::leaseLost, done);
    }

    /** Tells the processor that the lease is gone, on a thread that may block; empty unless it expects an end. */
    Optional<Runnable> farewell() {
        RecordProcessor user = processor;
        if (user == null || !expectsEnd()) {
            return Optional.empty();
        }
        saidGoodbye = true;
        return Optional.of(user::leaseLost);
    }

    /** How long to wait before calling again what threw. */
    Duration retryDelay() {
        Backoff retry = parts.retry();
        return retry.delay(failures.userFailures(), parts.platform().random());
    }

    /** Some records are processed: what failed before does not count any more. */
    void gotFurther() {
        failures.userWorks();
        parts.oversight().reports().over(FailureReports.Topic.USER_CODE, lease.key());
        status.failuresChanged();
    }

    private void sayGoodbye(String name, Runnable code, Runnable done) {
        saidGoodbye = true;
        Callable<Outcome> call = () -> {
            code.run();
            return Outcome.RETURNED;
        };
        run(name, call, () -> {}, outcome -> done.run());
    }

    private Callable<Outcome> whileOurs(UserCode code) {
        return () -> {
            // It may have taken a while to get a thread.
            if (!lease.isValid()) {
                return Outcome.NOT_OURS;
            }
            code.run();
            return Outcome.RETURNED;
        };
    }

    private void run(String name, Callable<Outcome> code, Runnable settle, Consumer<Outcome> done) {
        busy = true;
        BiConsumer<@Nullable Outcome, @Nullable Throwable> handler = (outcome, error) -> {
            busy = false;
            status.waitIsOver();
            settle.run();
            if (error != null) {
                threw(name, error);
                done.accept(Outcome.THREW);
            } else {
                if (outcome == Outcome.RETURNED) {
                    gotFurther();
                }
                done.accept(requireNonNull(outcome));
            }
        };
        status.waitsFor(name, parts.calls().call(code, handler));
    }

    private void threw(String name, Throwable error) {
        String what = failures.userFailed(name, error, parts.platform().clock().instant());
        status.failuresChanged();
        parts.oversight()
                .reports()
                .failed(
                        FailureReports.Topic.USER_CODE,
                        lease.key(),
                        what,
                        "; the checkpoint stays where it is, and it is called again");
        log.debug("{}: {} threw, {} times in a row now", lease.key(), name, failures.userFailures(), error);
    }

    /** Code that may throw anything. */
    private interface UserCode {
        void run() throws Exception;
    }
}
