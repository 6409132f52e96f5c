package io.millrace.fanout.polling;

import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Bytes of the heap that the shards of one worker may hold together. Taking never fails: whoever takes asks first whether there is
 * room, and a shard that holds nothing may read whatever the budget says, so that none starves. Belongs to the event loop
 * of its sources.
 */
final class ByteBudget {
    private final long limit;
    private final long leastRoom;
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private long taken;

    ByteBudget(long limit) {
        this.limit = limit;
        this.leastRoom = Math.max(1, Math.min(PageSize.SMALL, limit / 4));
    }

    /** True if there is room for more than a few records, which are not worth a read. */
    boolean hasRoom() {
        return room() >= leastRoom;
    }

    /** How many bytes may be taken; less than none when more were taken than there were. */
    long room() {
        return limit - taken;
    }

    /** Takes bytes, or gives some back when {@code bytes} is negative. */
    void take(long bytes) {
        taken += bytes;
        if (taken < 0) {
            throw new IllegalStateException("more bytes given back than taken: " + taken);
        }
        for (Runnable next = waiting.peek(); next != null && hasRoom(); next = waiting.peek()) {
            waiting.remove();
            next.run();
        }
    }

    /** Runs {@code task} once there is room; those who wait longest come first. */
    void awaitRoom(Runnable task) {
        waiting.add(task);
    }

    long taken() {
        return taken;
    }
}
