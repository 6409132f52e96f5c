package io.millrace.fanout;

import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Bytes of the heap that the shards of one worker may hold together, polled and pushed. Taking never fails: whoever takes asks
 * first whether there is room, and a shard that holds nothing may read whatever the budget says, so that none starves. Belongs to
 * the event loop of its sources.
 */
public final class ByteBudget {
    /** The bytes that a shard which holds nothing may read, whatever room there is. */
    public static final long SMALL_PAGE = 64 << 10;

    private final long limit;
    private final long leastRoom;
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private long taken;

    /** A budget of {@code limit} bytes, of which none are taken. */
    public ByteBudget(long limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("a budget has at least one byte, not " + limit);
        }
        this.limit = limit;
        this.leastRoom = Math.max(1, Math.min(SMALL_PAGE, limit / 4));
    }

    /** True if there is room for more than a few records, which are not worth a read. */
    public boolean hasRoom() {
        return room() >= leastRoom;
    }

    /** How many bytes may be taken; less than none when more were taken than there were. */
    public long room() {
        return limit - taken;
    }

    /** Takes bytes, or gives some back when {@code bytes} is negative. */
    public void take(long bytes) {
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
    public void awaitRoom(Runnable task) {
        waiting.add(task);
    }

    /** How many bytes are taken now. */
    public long taken() {
        return taken;
    }
}
