package io.millrace.consumer.streams;

import io.millrace.fanout.ShardIterator;
import io.millrace.fanout.ShardPage;
import io.millrace.fanout.ShardReadException;
import io.millrace.fanout.ShardReader;
import io.millrace.fanout.ShardReaders;
import io.millrace.lease.ShardDirectory;
import io.millrace.lease.StreamNotFoundException;
import io.millrace.model.Position;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.runtime.EventLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Stands between a worker and the stream service, and sees to it that the worker deals with the stream that it began with
 * and with no other of the same name. The service knows streams by name only; so after every answer that was found by
 * name, a list of shards or a new iterator, it asks which stream this is. An iterator itself is good for its own stream
 * only.
 *
 * <p>A stream that is missing or another one is gone for good: the owner is told once, and what was asked fails with
 * {@link StreamNotFoundException}, or with {@link ShardReadException.Kind#GONE} for a reader. Methods are safe for any
 * thread; the state belongs to the worker's event loop, on which the owner is told.
 */
final class StreamGuard implements ShardDirectory, ShardReaders {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final StreamName stream;
    private final ShardDirectory directory;
    private final ShardReaders readers;
    private final EventLoop loop;
    private final Consumer<String> onGone;

    /** The stream that the worker began with; known before anything is listed or read. */
    private @Nullable StreamIdentity ours;
    /** Who wants to know, from after now, whether it is still there. */
    private List<CompletableFuture<StreamIdentity>> waiting = new ArrayList<>();

    private boolean asking;
    private boolean gone;

    /** Guards what these say of this stream. */
    StreamGuard(
            StreamName stream,
            ShardDirectory directory,
            ShardReaders readers,
            EventLoop loop,
            Consumer<String> onGone) {
        this.stream = stream;
        this.directory = directory;
        this.readers = readers;
        this.loop = loop;
        this.onGone = onGone;
    }

    /** The worker does not read this stream any more: nobody is told what becomes of it. Called on the event loop. */
    void retire() {
        gone = true;
    }

    /** What the first call finds is the stream from then on. */
    @Override
    public CompletableFuture<StreamIdentity> identify(StreamName name) {
        CompletableFuture<StreamIdentity> answer = new CompletableFuture<>();
        loop.execute(() -> {
            waiting.add(answer);
            ask();
        });
        return answer;
    }

    @Override
    public CompletableFuture<List<Shard>> listShards(StreamName name) {
        return ofOurs(name, directory.listShards(name));
    }

    @Override
    public CompletableFuture<List<Shard>> listShardsSince(StreamName name, Instant since) {
        return ofOurs(name, directory.listShardsSince(name, since));
    }

    @Override
    public CompletableFuture<Instant> serviceTime(StreamName name) {
        return directory.serviceTime(name);
    }

    private CompletableFuture<List<Shard>> ofOurs(StreamName name, CompletableFuture<List<Shard>> listed) {
        return listed.thenCompose(shards -> identify(name).thenApply(same -> shards))
                // A stream that is being deleted refuses in ways of its own.
                .exceptionallyCompose(
                        error -> identify(name).thenCompose(same -> CompletableFuture.failedFuture(unwrap(error))));
    }

    @Override
    public ShardReader reader(StreamName name, ShardId shard) {
        return new GuardedReader(readers.reader(name, shard));
    }

    /**
     * Gives out iterators at once, and what is read with one when it is known whose it is: looking that up takes no time
     * of its own then. Its answers may come on any thread.
     */
    private final class GuardedReader implements ShardReader {
        private final ShardReader reader;
        /** Whether the last iterator was our stream's. */
        private volatile CompletableFuture<?> same = CompletableFuture.completedFuture(null);

        GuardedReader(ShardReader reader) {
            this.reader = reader;
        }

        @Override
        public CompletableFuture<ShardIterator> getIterator(Position position) {
            return reader.getIterator(position)
                    .thenApply(iterator -> {
                        same = readable();
                        return iterator;
                    })
                    // A refusal of the position may come from another stream, too.
                    .exceptionallyCompose(error -> mayBeAboutAnother(unwrap(error))
                            ? readable().thenCompose(ours -> CompletableFuture.failedFuture(unwrap(error)))
                            : CompletableFuture.failedFuture(unwrap(error)));
        }

        @Override
        public CompletableFuture<ShardPage> getRecords(ShardIterator iterator, int limit) {
            if (same.isCompletedExceptionally()) {
                // An answer of now is as good: a stream that was another one then cannot be ours again.
                same = readable();
            }
            CompletableFuture<?> checked = same;
            CompletableFuture<ShardPage> read = reader.getRecords(iterator, limit);
            return checked.thenCompose(ours -> read);
        }
    }

    private CompletableFuture<StreamIdentity> readable() {
        return identify(stream)
                .exceptionallyCompose(trouble -> CompletableFuture.failedFuture(unreadable(unwrap(trouble))));
    }

    private static boolean mayBeAboutAnother(Throwable error) {
        return error instanceof ShardReadException refused
                && (refused.kind() == ShardReadException.Kind.GONE
                        || refused.kind() == ShardReadException.Kind.POSITION_REFUSED);
    }

    private static ShardReadException unreadable(Throwable trouble) {
        ShardReadException.Kind kind = trouble instanceof StreamNotFoundException
                ? ShardReadException.Kind.GONE
                : ShardReadException.Kind.TRANSIENT;
        return new ShardReadException(kind, String.valueOf(trouble.getMessage()), trouble);
    }

    /** One call at a time answers all who had asked before it was made. */
    private void ask() {
        if (asking || waiting.isEmpty()) {
            return;
        }
        asking = true;
        List<CompletableFuture<StreamIdentity>> asked = waiting;
        waiting = new ArrayList<>();
        CompletableFuture<StreamIdentity> call =
                CompletableFuture.completedFuture(stream).thenCompose(directory::identify);
        EventLoop.Cancellable limit = loop.schedule(
                PATIENCE, () -> call.completeExceptionally(new TimeoutException("no answer within " + PATIENCE)));
        loop.whenComplete(call, (found, error) -> {
            limit.cancel();
            asking = false;
            Throwable trouble = found == null ? error : compare(found);
            if (trouble instanceof StreamNotFoundException && found == null) {
                tell("stream " + stream + " was deleted; nothing more to consume");
            }
            for (CompletableFuture<StreamIdentity> answer : asked) {
                if (trouble != null) {
                    answer.completeExceptionally(trouble);
                } else {
                    answer.complete(found);
                }
            }
            ask();
        });
    }

    private @Nullable Throwable compare(StreamIdentity found) {
        if (ours == null) {
            ours = found;
        }
        if (ours.equals(found)) {
            return null;
        }
        tell("stream " + stream + " was deleted, and the one there now is another, created " + found.created()
                + "; nothing more to consume, read that one under another application name, or start anew with"
                + " `millrace leases delete APP --stream " + stream + "`");
        return new StreamNotFoundException(stream);
    }

    private void tell(String message) {
        // A stream that never was there is a failed start, which the coordinator tells.
        if (ours != null && !gone) {
            gone = true;
            onGone.accept(message);
        }
    }

    private static Throwable unwrap(@Nullable Throwable error) {
        if (error == null) {
            return new IllegalStateException("neither an answer nor an error");
        }
        return error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    }
}
