package io.millrace.streamcore.log.disk;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.EventLoop;
import io.millrace.streamcore.log.LogBatch;
import io.millrace.streamcore.log.LogFailedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes one log. A group of appends is numbered, written and made durable in one go; only then do readers see it and
 * producers hear of it. The first failure of the disk ends it: what a failed write or fsync left behind is unknown, so
 * nothing may be acknowledged after it.
 *
 * <p>Belongs to the writer's loop.
 */
final class LogWriter {
    private static final Logger log = LoggerFactory.getLogger(LogWriter.class);
    static final int STATE_ROW_BYTES = 4 + 8 + 8 + 1;

    private final LogContext context;
    private final Path directory;
    private final ConcurrentMap<Integer, ShardTail> shards;
    private final Deque<Segment> segments;
    private final BatchCache cache;
    private final Set<ShardTail> touched = new LinkedHashSet<>();
    private final List<Segment> unfinished = new ArrayList<>();
    private EventLoop.Cancellable fsyncTimer = EventLoop.Cancellable.DONE;
    private boolean fsyncDue;
    private long now;
    private volatile @Nullable LogFailedException failure;

    /**
     * A writer that goes on after {@code segments}, which are in order and may be empty.
     */
    LogWriter(LogContext context, Path directory, ConcurrentMap<Integer, ShardTail> shards, Deque<Segment> segments) {
        this.context = requireNonNull(context, "context");
        this.directory = requireNonNull(directory, "directory");
        this.shards = requireNonNull(shards, "shards");
        this.segments = new ArrayDeque<>(segments);
        this.cache = new BatchCache(context.settings().cacheBytes());
    }

    /** Makes the first segment if there is none. */
    void start() throws IOException {
        if (segments.isEmpty()) {
            addSegment(1);
            SegmentList.of(segments).save(context.files(), directory);
        }
    }

    /** Why nothing is taken any more, if so. Safe for any thread. */
    @Nullable
    LogFailedException failure() {
        return failure;
    }

    /** Writes a group, makes it as durable as the policy says, publishes it and tells who waits. */
    void write(List<Pending> group) {
        LogFailedException failed = failure;
        if (failed == null) {
            failed = writeDurably(group);
        }
        if (failed != null) {
            for (Pending pending : group) {
                pending.fail(failed);
            }
            return;
        }
        for (Pending pending : group) {
            pending.publish(this);
            touched.add(tail(pending.shard));
        }
        finishFull();
        for (Pending pending : group) {
            pending.complete();
        }
        for (ShardTail tail : touched) {
            tail.followers().forEach(Runnable::run);
        }
        touched.clear();
    }

    /** The time stamp of this group, in ms since the epoch. */
    long now() {
        return now;
    }

    ShardTail tail(int shard) {
        return shards.computeIfAbsent(shard, ShardTail::new);
    }

    /**
     * The segment for a frame of this payload; a full one is followed by a new one first. To be called before numbers are
     * taken for the frame, because a new segment begins with the state of all shards.
     */
    Segment room(int payloadBytes) throws IOException {
        FrameFile newest = segments.getLast().file();
        long wanted = (long) newest.size() + Frame.HEADER_BYTES + payloadBytes;
        if (newest.size() > newest.firstFrameEnd()
                && wanted > context.settings().segmentBytes()) {
            roll();
        }
        return segments.getLast();
    }

    int append(Frame frame) throws IOException {
        return segments.getLast().file().append(frame, context.staging());
    }

    /** Lets readers see a durable batch. */
    void publish(Segment segment, ShardTail tail, LogBatch batch, int position) {
        int size = batch.size();
        boolean cached = cache.takes(size);
        ShardIndex index = segment.writable(batch.timeMillis()).writable(tail.shard());
        index.add(batch.firstIndex(), batch.count(), batch.timeMillis(), position, size, cached ? batch : null);
        if (cached) {
            cache.add(index, size);
        }
        tail.enter(segment, batch.firstIndex(), batch.timeMillis());
        tail.publish(batch.endIndex(), batch.timeMillis(), false);
    }

    /** Deletes the segments all of whose batches are older. */
    void truncateBefore(long timeMillis) throws IOException {
        Segment newest = segments.getLast();
        if (newest.lastTimeMillis() != 0 && newest.lastTimeMillis() < timeMillis) {
            context.mark().remove();
            roll();
            finishFull();
        }
        List<Segment> expired = new ArrayList<>();
        while (segments.size() > 1 && segments.getFirst().lastTimeMillis() < timeMillis) {
            expired.add(segments.removeFirst());
        }
        if (expired.isEmpty()) {
            return;
        }
        context.mark().remove();
        // The list first: files that it no longer names may be there or not.
        SegmentList.of(segments).save(context.files(), directory);
        for (Segment oldest : expired) {
            shards.values().forEach(tail -> tail.leave(oldest));
            oldest.delete();
            log.debug("{} is past its retention and deleted", oldest.file().path());
        }
    }

    /**
     * Makes everything durable and closes the files.
     *
     * @param lastWord whether to say so in the file
     * @return where the log ends; empty if that is not known, because the disk failed
     */
    Optional<CleanMark.End> close(boolean lastWord) throws IOException {
        fsyncTimer.cancel();
        try {
            if (failure != null || segments.isEmpty()) {
                return Optional.empty();
            }
            Segment newest = segments.getLast();
            if (lastWord) {
                FrameFile file = newest.file();
                file.force();
                file.append(Frame.mark(FrameKind.CLOSE, -1, 0, context.clock().millis()), context.staging());
                file.flush(context.staging());
                file.force();
            }
            return Optional.of(new CleanMark.End(newest.number(), newest.file().size()));
        } finally {
            for (Segment segment : segments) {
                segment.close();
            }
        }
    }

    /** Closes without a last word: the files are about to be deleted. */
    void abandon() throws IOException {
        fsyncTimer.cancel();
        if (failure != null) {
            context.probe().recovered(name());
        }
        for (Segment segment : segments) {
            segment.close();
        }
    }

    /** From now on nothing is taken. */
    LogFailedException poison(Exception cause) {
        LogFailedException first = failure;
        if (first == null) {
            first = new LogFailedException(
                    "writing to " + directory + " failed (" + cause.getMessage()
                            + "); nothing more is accepted there until the disk is well and the server is started again",
                    cause);
            failure = first;
            context.probe().failed(name());
            log.error("{}", first.getMessage());
        }
        return first;
    }

    private String name() {
        return String.valueOf(directory.getFileName());
    }

    private @Nullable LogFailedException writeDurably(List<Pending> group) {
        now = context.clock().millis();
        long begun = context.ticker().nanoTime();
        try {
            context.mark().remove();
            for (Pending pending : group) {
                pending.write(this);
            }
            FrameFile file = segments.getLast().file();
            file.flush(context.staging());
            switch (context.settings().fsync()) {
                case ALWAYS -> file.force();
                case INTERVAL -> fsyncSoon();
                case NEVER -> {}
            }
            context.probe().appended(group.size(), context.ticker().nanoTime() - begun);
            return null;
        } catch (IOException | RuntimeException e) {
            context.staging().clear();
            return poison(e);
        }
    }

    private void fsyncSoon() {
        if (!fsyncDue) {
            fsyncDue = true;
            fsyncTimer = context.loop().schedule(context.settings().fsyncInterval(), this::fsyncNow);
        }
    }

    private void fsyncNow() {
        fsyncDue = false;
        if (failure == null) {
            try {
                segments.getLast().file().force();
            } catch (IOException e) {
                var unused = poison(e);
            }
        }
    }

    /** Ends the newest segment, all of it durable, and begins the next. */
    private void roll() throws IOException {
        Segment full = segments.getLast();
        full.file().flush(context.staging());
        full.file().force();
        addSegment(full.number() + 1);
        SegmentList.of(segments).save(context.files(), directory);
        unfinished.add(full);
    }

    /** Writes the indexes of segments that became full; not before all their batches are published. */
    private void finishFull() {
        for (Segment full : unfinished) {
            try {
                full.finish();
            } catch (IOException e) {
                var unused = poison(e);
            }
        }
        unfinished.clear();
    }

    private void addSegment(long number) throws IOException {
        Map<Integer, ShardTail> inOrder = new TreeMap<>(shards);
        ByteBuffer state = ByteBuffer.allocate(inOrder.size() * STATE_ROW_BYTES);
        inOrder.forEach((shard, tail) -> state.putInt(shard)
                .putLong(tail.nextIndex())
                .putLong(tail.lastTimeMillis())
                .put((byte) (tail.isSealed() ? 1 : 0)));
        Frame first = Frame.of(FrameKind.STATE, -1, 0, context.clock().millis(), inOrder.size(), state.flip());
        FrameFile file = FrameFile.create(
                context.files(),
                Segment.logPath(directory, number),
                context.random().nextLong(),
                first);
        segments.addLast(new Segment(context.files(), number, file, new SegmentIndex()));
    }
}
