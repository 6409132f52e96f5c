package io.millrace.streamcore.log.disk;

import io.millrace.streamcore.log.ShardBounds;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * One shard of an open log: what the writer will give out next, and what readers may see. The writer's fields belong to
 * its loop; the published ones are for any thread.
 */
final class ShardTail {
    private final int shard;
    private final List<Runnable> followers = new CopyOnWriteArrayList<>();

    // The writer's.
    private long nextIndex;
    private long lastTimeMillis;
    private boolean sealed;
    /** Where the newest batch that was published stands, and the index of that segment to add the next one to. */
    private @Nullable Segment segment;

    private @Nullable ShardIndex rows;

    // Published; the spans always before the tip that shows what is in them.
    private volatile List<Span> spans = List.of();
    private volatile Tip tip = new Tip(0, 0, false);
    /** False as long as nobody ever followed: who writes need not look at the followers then. */
    private volatile boolean isFollowed;

    ShardTail(int shard) {
        this.shard = shard;
    }

    int shard() {
        return shard;
    }

    long nextIndex() {
        return nextIndex;
    }

    boolean isSealed() {
        return sealed;
    }

    long lastTimeMillis() {
        return lastTimeMillis;
    }

    /** Takes {@code count} numbers; the first is returned. Writer only. */
    long take(int count, long timeMillis) {
        long first = nextIndex;
        nextIndex += count;
        lastTimeMillis = timeMillis;
        return first;
    }

    /** No more numbers are given out. Writer only. */
    void close() {
        sealed = true;
    }

    /** Forgets what was given out and not published. Writer only. */
    void rollBack() {
        Tip published = tip;
        restore(published.end, published.timeMillis, published.sealed);
    }

    /** Sets what recovery found. Writer only. */
    void restore(long next, long time, boolean isSealed) {
        nextIndex = next;
        lastTimeMillis = time;
        sealed = isSealed;
    }

    /**
     * Lets readers see a batch that is durable. Writer only.
     *
     * @param table holds it
     * @param position where its bytes begin in the segment
     * @param frame by what number the cache knows its frame
     */
    void publish(Segment in, BatchTable table, int batch, long timeMillis, int position, int frame) {
        boolean isFirst = in != segment;
        ShardIndex index = isFirst || rows == null ? in.writable(shard) : rows;
        long first = table.firstIndex(batch);
        int count = table.count(batch);
        int length = table.batches().length(batch) + in.tagBytes();
        index.add(first, count, timeMillis, position, length, table.checksum(batch), frame);
        if (isFirst) {
            segment = in;
            rows = index;
            enter(in, first, timeMillis);
        }
        publish(first + count, timeMillis, false);
    }

    /** The segment is full, and its index need not stay in memory. Writer only. */
    void letGo(Segment full) {
        if (segment == full) {
            segment = null;
            rows = null;
        }
    }

    /** From this record on, batches stand in {@code segment}. Writer only. */
    void enter(Segment segment, long firstIndex, long timeMillis) {
        List<Span> known = spans;
        if (known.isEmpty() || known.get(known.size() - 1).segment() != segment) {
            List<Span> more = new ArrayList<>(known.size() + 1);
            more.addAll(known);
            more.add(new Span(segment, firstIndex, timeMillis));
            spans = more;
        }
    }

    /** Batches in {@code segment} are no longer kept. Writer only. */
    void leave(Segment segment) {
        spans = spans.stream().filter(span -> span.segment() != segment).toList();
    }

    /** Lets readers see records up to {@code end}. Writer only. */
    void publish(long end, long timeMillis, boolean isSealed) {
        tip = new Tip(end, timeMillis, isSealed);
    }

    ShardBounds bounds() {
        Tip now = tip;
        List<Span> kept = spans;
        long first = kept.isEmpty() ? now.end : Math.min(kept.get(0).firstIndex(), now.end);
        return new ShardBounds(first, now.end, now.timeMillis, now.sealed);
    }

    List<Span> spans() {
        return spans;
    }

    long end() {
        return tip.end;
    }

    /** Calls {@code follower} whenever the writer published something, until the answer is run. Safe for any thread. */
    Runnable follow(Runnable follower) {
        followers.add(follower);
        isFollowed = true;
        return () -> followers.remove(follower);
    }

    /** True if there may be someone to tell. */
    boolean isFollowed() {
        return isFollowed && !followers.isEmpty();
    }

    void tellFollowers() {
        followers.forEach(Runnable::run);
    }

    /** The run of a shard's records that stands in one segment, from {@code firstIndex} on. */
    record Span(Segment segment, long firstIndex, long firstTimeMillis) {}

    private record Tip(long end, long timeMillis, boolean sealed) {}
}
