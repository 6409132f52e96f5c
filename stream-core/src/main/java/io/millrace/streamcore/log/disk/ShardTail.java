package io.millrace.streamcore.log.disk;

import io.millrace.streamcore.log.ShardBounds;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

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

    // Published; the spans always before the tip that shows what is in them.
    private volatile List<Span> spans = List.of();
    private volatile Tip tip = new Tip(0, 0, false);

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

    List<Runnable> followers() {
        return followers;
    }

    /** The run of a shard's records that stands in one segment, from {@code firstIndex} on. */
    record Span(Segment segment, long firstIndex, long firstTimeMillis) {}

    private record Tip(long end, long timeMillis, boolean sealed) {}
}
