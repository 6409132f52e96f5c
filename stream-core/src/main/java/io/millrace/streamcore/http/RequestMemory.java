package io.millrace.streamcore.http;

import static java.util.Objects.requireNonNull;

import io.netty.channel.Channel;
import io.netty.util.Attribute;
import io.netty.util.AttributeKey;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The memory that the requests of a whole server may hold: their bodies, packed and unpacked, and what each HTTP/2 stream
 * costs. A byte counts once it has arrived, and no more when its request has been answered or given up.
 *
 * <p>A part of it may be held by strangers: connections on which no call has succeeded yet. So whoever has no key leaves the
 * rest to those who have one. When strangers hold three quarters of their part, and one who holds less asks for more, the
 * connections that hold most are closed. The one that asked does not wait for their end: it may take what they hold beyond
 * the strangers' part.
 *
 * <p>Answers that clients have not taken yet are counted apart, against a limit of the same size.
 *
 * <p>Safe for any thread, {@link Share} apart.
 */
final class RequestMemory {
    /** About what a stream costs with its channel, its pipeline and its headers, its body left out. */
    static final int STREAM_BYTES = 8 << 10;

    /** An answer up to this size is sent whatever waits: it may be that of a write, which is done. */
    private static final int SMALL_ANSWER = 64 << 10;

    private static final AttributeKey<Share> SHARE = AttributeKey.valueOf(RequestMemory.class, "share");

    private final long limit;
    private final long limitOfStrangers;
    private final AtomicLong held = new AtomicLong();
    private final AtomicLong heldByStrangers = new AtomicLong();
    private final AtomicLong made = new AtomicLong();
    private final AtomicLong answers = new AtomicLong();
    private final Set<Share> strangers = ConcurrentHashMap.newKeySet();
    /** One looks for the connections that hold most at a time, so that all count those that are closing. */
    private final ReentrantLock shedding = new ReentrantLock();

    private final Consumer<Channel> whenClosed;

    /**
     * Memory of which nothing is held.
     *
     * @param limits how much there is, and for strangers
     * @param whenClosed hears of connections that are closed because they hold most
     */
    RequestMemory(HttpLimits limits, Consumer<Channel> whenClosed) {
        this.limit = limits.memory();
        this.limitOfStrangers = limits.memoryOfStrangers();
        this.whenClosed = requireNonNull(whenClosed, "whenClosed");
    }

    /** The bytes that requests hold now. */
    long held() {
        return held.get();
    }

    /** The bytes of answers that wait for their clients now. */
    long answers() {
        return answers.get();
    }

    /** True if an answer of this size may wait for its client; then it counts until {@link #answerTaken}. */
    boolean mayWait(int bytes) {
        long now = answers.addAndGet(bytes);
        if (now > limit && bytes > SMALL_ANSWER) {
            answers.addAndGet(-bytes);
            return false;
        }
        return true;
    }

    /** An answer is on its way, or nobody will take it any more. */
    void answerTaken(int bytes) {
        answers.addAndGet(-bytes);
    }

    /** The share of a connection, a stranger's at first. To be called on its event loop. */
    Share of(Channel connection) {
        Attribute<Share> known = connection.attr(SHARE);
        Share before = known.get();
        if (before != null) {
            return before;
        }
        Share share = new Share(connection);
        known.set(share);
        if (limitOfStrangers == limit) {
            share.becomesKnown();
        } else {
            strangers.add(share);
            connection.closeFuture().addListener(closed -> strangers.remove(share));
        }
        return share;
    }

    /** Adds so much if the sum stays within the bound. What does not fit is never seen in the sum. */
    private static boolean add(AtomicLong sum, long bytes, long bound) {
        long now = sum.get();
        while (now + bytes <= bound) {
            long seen = sum.compareAndExchange(now, now + bytes);
            if (seen == now) {
                return true;
            }
            now = seen;
        }
        return false;
    }

    private boolean takeOfStrangersPart(Share taker, long bytes) {
        long back = 0;
        if (heldByStrangers.get() + bytes > limitOfStrangers / 4 * 3) {
            shedding.lock();
            try {
                back = shed(limitOfStrangers / 8, taker, bytes);
            } finally {
                shedding.unlock();
            }
        }
        return add(heldByStrangers, bytes, limitOfStrangers + back);
    }

    /**
     * Closes those who hold most, unless that is who wants more: it gets no more.
     *
     * @return the bytes that closing connections hold still
     */
    private long shed(long wanted, Share taker, long bytes) {
        List<Holding> holdings = new ArrayList<>();
        // Each once: what others hold changes while they are sorted.
        strangers.forEach(share -> holdings.add(new Holding(share, share.own.get())));
        // Of those who hold as much as each other the oldest first: it had its time to show what it came for.
        holdings.sort(
                Comparator.comparingLong(Holding::bytes).reversed().thenComparingLong(holding -> holding.share.number));
        long freed = 0;
        for (Holding holding : holdings) {
            if (freed >= wanted || holding.bytes < taker.own.get() + bytes) {
                return freed;
            }
            if (!holding.share.isClosing) {
                holding.share.isClosing = true;
                whenClosed.accept(holding.share.connection);
                Ends.close(holding.share.connection.pipeline().firstContext());
            }
            // One that is closing counts too: what it holds is on its way back.
            freed += holding.bytes;
        }
        return freed;
    }

    private record Holding(Share share, long bytes) {}

    /** The memory that one connection holds. Belongs to the connection's event loop. */
    final class Share {
        private final Channel connection;
        /** The later it came, the larger. */
        private final long number = made.incrementAndGet();
        /** Written by the event loop alone. */
        private final AtomicLong own = new AtomicLong();

        /** Guarded by {@code shedding}. */
        private boolean isClosing;

        private boolean isKnown;

        private Share(Channel connection) {
            this.connection = requireNonNull(connection, "connection");
        }

        /** Takes so much if that much is left. */
        boolean take(long bytes) {
            if (!isKnown && !takeOfStrangersPart(this, bytes)) {
                return false;
            }
            if (!add(held, bytes, limit)) {
                if (!isKnown) {
                    heldByStrangers.addAndGet(-bytes);
                }
                return false;
            }
            own.lazySet(own.get() + bytes);
            return true;
        }

        /** Gives back what was taken. */
        void give(long bytes) {
            if (bytes == 0) {
                return;
            }
            own.lazySet(own.get() - bytes);
            held.addAndGet(-bytes);
            if (!isKnown) {
                heldByStrangers.addAndGet(-bytes);
            }
        }

        /** A call on this connection succeeded: from now on all memory is for it. */
        void becomesKnown() {
            if (!isKnown) {
                isKnown = true;
                strangers.remove(this);
                heldByStrangers.addAndGet(-own.get());
            }
        }

        /** The memory that it is a share of. */
        RequestMemory whole() {
            return RequestMemory.this;
        }
    }
}
