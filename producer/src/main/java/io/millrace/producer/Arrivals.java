package io.millrace.producer;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The way of records from senders to the producer's loop. A loop that would be woken for every record would cost more than all
 * that it does with them: it is woken for the first one, then looks by itself from time to time, and is woken again only if
 * much has come meanwhile. Safe for any thread; the loop alone takes.
 */
final class Arrivals {
    /** So many bytes do not wait for the loop to look. */
    private static final long MUCH = 256 << 10;

    private final ConcurrentLinkedQueue<Pending> queue = new ConcurrentLinkedQueue<>();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicBoolean isLoopAsleep = new AtomicBoolean(true);
    private volatile boolean isOver;

    /** Hands a record over; true if the caller has to wake the loop. */
    boolean add(Pending record) {
        int weight = record.weight();
        queue.add(record);
        long now = bytes.addAndGet(weight);
        boolean isMuch = now >= MUCH && now - weight < MUCH;
        return isOver || isMuch || (isLoopAsleep.get() && isLoopAsleep.compareAndSet(true, false));
    }

    /** The next record; absent if there is none. */
    @Nullable
    Pending poll() {
        Pending record = queue.poll();
        if (record != null) {
            bytes.addAndGet(-record.weight());
        }
        return record;
    }

    /** The loop ends: whoever hands something over from now on finds out that it cannot be woken. */
    void end() {
        isOver = true;
    }

    /** The loop will not look by itself; true if it must, as records came just now. */
    boolean sleeps() {
        isLoopAsleep.set(true);
        return !queue.isEmpty() && isLoopAsleep.compareAndSet(true, false);
    }
}
