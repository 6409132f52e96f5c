package io.millrace.lease.coordinator;

import io.millrace.lease.LeaseListener;
import io.millrace.lease.ShardDirectory;
import io.millrace.lease.table.LeaseTable;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/** What the parts of one coordinator share. */
record Wiring(
        LeaseSettings settings,
        LeaseTable table,
        ShardDirectory directory,
        LeaseListener listener,
        Platform platform,
        EventLoop loop,
        LeaseMeters meters,
        TableLoss loss,
        WritePacer pacer) {
    /** With a pacer for all the lives of this worker: what the table bears does not change with them. */
    Wiring(
            LeaseSettings settings,
            LeaseTable table,
            ShardDirectory directory,
            LeaseListener listener,
            Platform platform,
            EventLoop loop,
            LeaseMeters meters,
            TableLoss loss) {
        this(
                settings,
                table,
                directory,
                listener,
                platform,
                loop,
                meters,
                loss,
                new WritePacer(loop, platform, settings.failoverTime()));
    }

    long now() {
        return platform.ticker().nanoTime();
    }

    /**
     * Goes on with what {@code stage} gives, as a task of the loop of its own: so an error in {@code step} is the loop's to
     * report and does not vanish in a future.
     */
    <T> void then(CompletableFuture<T> stage, Consumer<T> step) {
        then(stage, step, error -> {
            throw new IllegalStateException("a step that cannot fail did", error);
        });
    }

    /** Goes on as above, or with {@code otherwise} when {@code stage} failed. */
    <T> void then(CompletableFuture<T> stage, Consumer<T> step, Consumer<Throwable> otherwise) {
        loop.whenComplete(stage, (value, error) -> {
            if (error != null) {
                otherwise.accept(error);
            } else {
                step.accept(value);
            }
        });
    }

    /** The same parts on another view of the same loop. */
    Wiring on(EventLoop view) {
        return new Wiring(settings, table, directory, listener, platform, view, meters, loss, pacer);
    }

    /** The same parts on another view of the same loop, which hears of the pacer's errors, too. */
    Wiring pacedOn(EventLoop view) {
        return new Wiring(settings, table, directory, listener, platform, view, meters, loss);
    }

    /** Runs {@code task} later, unless the loop is closed before. */
    EventLoop.Cancellable later(Duration delay, Runnable task) {
        try {
            return loop.schedule(delay, task);
        } catch (RejectedExecutionException closed) {
            return EventLoop.Cancellable.DONE;
        }
    }

    /** The table for one life of a worker. */
    SureTable newSureTable() {
        return new SureTable(table, loop, platform, pacer, settings.failoverTime());
    }
}
