package io.millrace.consumer;

import static java.util.Objects.requireNonNull;

import io.millrace.consumer.streams.GuardedStreams;
import io.millrace.lease.coordinator.LeaseSettings.StreamSettings;
import io.millrace.model.StreamName;
import io.millrace.runtime.EventLoop;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which streams a worker reads, and the changes of that, one after another. A stream that is removed is let go of in two
 * steps: first no lease of it is taken any more, then those held are given back.
 *
 * <p>Belongs to the worker's event loop; {@link #names} is safe for any thread.
 */
final class WorkerStreams {
    private static final String CLOSED = "the worker is closed; build another one";

    private final EventLoop loop;
    private final GuardedStreams guards;
    private final Function<List<StreamSettings>, CompletableFuture<Void>> coordinator;
    private final Predicate<StreamName> isHeld;
    private final Map<StreamName, StreamSettings> read = new LinkedHashMap<>();
    private final Map<StreamName, CompletableFuture<Void>> leaving = new TreeMap<>();
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private volatile SortedSet<StreamName> names = new TreeSet<>();
    private boolean changing;
    private boolean closed;

    /**
     * Begins with {@code streams}.
     *
     * @param coordinator is told all the streams there are from now on
     * @param isHeld true while the worker holds leases of a stream
     */
    WorkerStreams(
            Collection<StreamSettings> streams,
            EventLoop loop,
            GuardedStreams guards,
            Function<List<StreamSettings>, CompletableFuture<Void>> coordinator,
            Predicate<StreamName> isHeld) {
        this.loop = loop;
        this.guards = guards;
        this.coordinator = coordinator;
        this.isHeld = isHeld;
        streams.forEach(stream -> {
            read.put(stream.name(), stream);
            guards.add(stream.name());
        });
        publish();
    }

    /** What is read now, in the order of the names. */
    SortedSet<StreamName> names() {
        return names;
    }

    /** True when leases of {@code stream} are wanted. */
    boolean reads(StreamName stream) {
        return read.containsKey(stream);
    }

    /**
     * Reads {@code stream} too. Completes when the others know that its shards may come here; fails when it cannot be
     * read, and then nothing has changed.
     */
    void add(StreamSettings stream, CompletableFuture<Void> done) {
        CompletableFuture<Void> before = leaving.get(stream.name());
        if (before != null && !reads(stream.name())) {
            loop.whenComplete(before, (gone, error) -> add(stream, done));
        } else {
            enqueue(() -> addNow(stream, done));
        }
    }

    /** Reads {@code stream} no more. Completes when no lease of it is held. */
    void remove(StreamName stream, CompletableFuture<Void> done) {
        enqueue(() -> {
            if (refused(done)) {
                return;
            }
            if (!reads(stream)) {
                following(leaving.get(stream), done);
            } else if (read.size() == 1) {
                done.completeExceptionally(new WorkerException(
                        "stream " + stream + " is the only one that this worker reads; close the worker instead",
                        null));
            } else {
                removeNow(stream, done);
            }
        });
    }

    /**
     * {@code stream} is gone for good: reads it no more.
     *
     * @param others run if there are others to go on with
     * @param none run if there are none; then it stays
     */
    void gone(StreamName stream, Runnable others, Runnable none) {
        enqueue(() -> {
            if (reads(stream) && !closed) {
                if (read.size() == 1) {
                    none.run();
                } else {
                    others.run();
                    removeNow(stream, new CompletableFuture<>());
                }
            }
        });
    }

    /** Leases were given back or lost: who waited for the last one of a stream is told. */
    void leasesChanged() {
        for (StreamName stream : List.copyOf(leaving.keySet())) {
            if (closed || !isHeld.test(stream)) {
                CompletableFuture<Void> left = requireNonNull(leaving.remove(stream));
                if (!reads(stream)) {
                    guards.forget(stream);
                }
                left.complete(null);
            }
        }
    }

    /** The worker is over: what was not done is refused, and nothing is held. */
    void close() {
        closed = true;
        leasesChanged();
        next();
    }

    /** True after {@link #close}; fails {@code done} then. */
    private boolean refused(CompletableFuture<Void> done) {
        if (closed) {
            done.completeExceptionally(new WorkerException(CLOSED, null));
        }
        return closed;
    }

    private void addNow(StreamSettings stream, CompletableFuture<Void> done) {
        if (refused(done)) {
            return;
        }
        if (reads(stream.name())) {
            done.complete(null);
            return;
        }
        // Before the coordinator knows: a lease that comes at once is wanted then.
        guards.add(stream.name());
        read.put(stream.name(), stream);
        change(error -> {
            if (error == null) {
                publish();
                done.complete(null);
            } else {
                read.remove(stream.name());
                guards.forget(stream.name());
                done.completeExceptionally(error);
            }
        });
    }

    private void removeNow(StreamName stream, CompletableFuture<Void> done) {
        read.remove(stream);
        CompletableFuture<Void> left = new CompletableFuture<>();
        leaving.put(stream, left);
        following(left, done);
        publish();
        // Should it fail, the coordinator is closed and gives everything back.
        change(error -> leasesChanged());
    }

    private void change(Consumer<@Nullable Throwable> then) {
        changing = true;
        loop.whenComplete(coordinator.apply(List.copyOf(read.values())), (changed, error) -> {
            changing = false;
            then.accept(error);
            next();
        });
    }

    private void enqueue(Runnable change) {
        waiting.add(change);
        next();
    }

    private void next() {
        while (!changing && !waiting.isEmpty()) {
            waiting.remove().run();
        }
    }

    private void publish() {
        names = new TreeSet<>(read.keySet());
    }

    private static void following(@Nullable CompletableFuture<Void> left, CompletableFuture<Void> done) {
        if (left == null) {
            done.complete(null);
        } else {
            CompletableFuture<Void> unused = left.thenRun(() -> done.complete(null));
        }
    }
}
