package io.millrace.producer;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** How many bytes a producer may hold, and who waits for some to come free. Safe for any thread. */
final class Room {
    private final long most;
    private final AtomicLong used = new AtomicLong();
    private final AtomicInteger waiting = new AtomicInteger();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition freed = lock.newCondition();
    private volatile boolean closed;

    Room(long most) {
        this.most = most;
    }

    /** Takes bytes if they are free; whatever their number if nothing is taken. */
    boolean take(int bytes) {
        while (true) {
            long now = used.get();
            if (now > 0 && now + bytes > most) {
                return false;
            }
            if (used.compareAndSet(now, now + bytes)) {
                return true;
            }
        }
    }

    /**
     * Takes bytes as soon as they are free.
     *
     * @return false if there is nobody who could free some any more
     */
    boolean await(int bytes) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            waiting.incrementAndGet();
            while (!closed && !take(bytes)) {
                freed.await();
            }
            return !closed;
        } finally {
            waiting.decrementAndGet();
            lock.unlock();
        }
    }

    void free(long bytes) {
        used.addAndGet(-bytes);
        // A thread that begins to wait has counted itself before it looked at what is used.
        if (bytes > 0 && waiting.get() > 0) {
            wakeAll();
        }
    }

    /** Sends away all that wait. */
    void close() {
        closed = true;
        wakeAll();
    }

    long used() {
        return used.get();
    }

    /** How many bytes are taken beyond seven eighths. */
    long shortage() {
        return used.get() - most / 8 * 7;
    }

    private void wakeAll() {
        lock.lock();
        try {
            freed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
