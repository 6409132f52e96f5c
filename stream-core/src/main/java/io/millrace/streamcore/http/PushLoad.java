package io.millrace.streamcore.http;

import java.util.concurrent.atomic.AtomicLong;

/** How much pushed bodies hold in memory on their way to clients. Safe for any thread. */
final class PushLoad {
    private final AtomicLong waiting = new AtomicLong();

    /** So many bytes more wait for their clients; less if negative. */
    void add(long bytes) {
        waiting.addAndGet(bytes);
    }

    /** The bytes that wait now. */
    long waiting() {
        return waiting.get();
    }
}
