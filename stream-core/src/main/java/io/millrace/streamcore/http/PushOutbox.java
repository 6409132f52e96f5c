package io.millrace.streamcore.http;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.util.concurrent.EventExecutor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Pieces on their way to the pushed bodies of one event loop. Whatever has come when the loop gets to it goes out together:
 * a piece that many bodies get is prepared once, and a connection is flushed once, however many of its streams have
 * something to say. Any thread adds; the rest belongs to the event loop.
 */
final class PushOutbox {
    private final EventExecutor loop;
    private final Queue<Entry> entries = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean isScheduled = new AtomicBoolean();

    /** What is for the bodies of this event loop. */
    PushOutbox(EventExecutor loop) {
        this.loop = requireNonNull(loop, "loop");
    }

    /** Writes a piece soon; before whatever the caller has the event loop do from now on. */
    void add(PushedBody body, ByteBuffer piece) {
        entries.add(new Entry(body, piece));
        if (isScheduled.compareAndSet(false, true)) {
            try {
                loop.execute(this::writeAll);
            } catch (RejectedExecutionException closed) {
                // The server has closed and the channels with it.
                entries.clear();
            }
        }
    }

    private void writeAll() {
        // Before the queue is emptied: what is added from now on asks for a task of its own.
        isScheduled.set(false);
        List<PushedBody> written = new ArrayList<>();
        Piece piece = null;
        try {
            for (Entry next = entries.poll(); next != null; next = entries.poll()) {
                if (piece == null || !piece.isOf(next.bytes)) {
                    release(piece);
                    piece = new Piece(next.bytes, ByteBufAllocator.DEFAULT);
                }
                if (next.body.write(piece)) {
                    written.add(next.body);
                }
            }
        } finally {
            release(piece);
        }
        flush(written);
        // Not before: a publisher that is always ready must not keep the loop here.
        for (PushedBody body : written) {
            body.resume();
        }
    }

    private static void flush(List<PushedBody> written) {
        Set<Channel> flushed = Collections.newSetFromMap(new IdentityHashMap<>());
        for (PushedBody body : written) {
            if (body.sharesConnection() && flushed.add(body.connection())) {
                body.flush();
            }
        }
    }

    private static void release(@Nullable Piece piece) {
        if (piece != null) {
            piece.release();
        }
    }

    private record Entry(PushedBody body, ByteBuffer bytes) {}
}
