package io.millrace.streamcore.http;

import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;

/** What the pushed bodies of a server share: their outboxes, and the count of what waits. Safe for any thread. */
final class PushLoad {
    private final AtomicLong waiting = new AtomicLong();
    private final ConcurrentMap<EventExecutor, PushOutbox> outboxes = new ConcurrentHashMap<>();

    /** So many bytes more wait for their clients; less if negative. */
    void add(long bytes) {
        waiting.addAndGet(bytes);
    }

    /** The bytes that wait now. */
    long waiting() {
        return waiting.get();
    }

    /** The outbox of all bodies on this event loop. */
    PushOutbox outbox(EventExecutor loop) {
        return outboxes.computeIfAbsent(loop, PushOutbox::new);
    }
}
