package io.millrace.streamcore.log.disk;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The segments of an open log: frames go to the newest, a full one is followed by a new one, old ones go. After a failure
 * of the disk everything since the last {@link #settle} can be taken back.
 *
 * <p>Belongs to the writer's loop.
 */
final class SegmentChain {
    private static final Logger log = LoggerFactory.getLogger(SegmentChain.class);
    /** A segment of this size is ended when it is old, so that its records can go in time; smaller ones may wait. */
    private static final int WORTH_ENDING_BYTES = 1 << 20;
    /** A segment that is worth it takes records for this part of the time they are kept. */
    private static final int PARTS_OF_RETENTION = 24;

    private final LogContext context;
    private final Path directory;
    private final ConcurrentMap<Integer, ShardTail> shards;
    private final Deque<Segment> segments;
    private final List<Segment> unfinished = new ArrayList<>();
    private final LogRecovery found;
    private boolean encrypts;
    private Place settled;

    /** A chain that goes on after what was {@code found}; with nothing it makes the first segment. */
    SegmentChain(LogContext context, Path directory, LogRecovery found) throws IOException {
        this.context = requireNonNull(context, "context");
        this.directory = requireNonNull(directory, "directory");
        this.found = requireNonNull(found, "found");
        this.shards = found.shards();
        this.segments = new ArrayDeque<>(found.segments());
        if (segments.isEmpty()) {
            segments.add(newSegment(1));
            try {
                SegmentList.of(segments).save(context.files(), directory);
            } catch (IOException e) {
                close();
                throw e;
            }
        }
        this.settled = end();
    }

    /** Ends what an earlier server left half done, before the first append. To be tried again by {@link #rollBack} if it fails. */
    void mend() throws IOException {
        found.mend();
    }

    /**
     * Makes sure that the names of all files still lead to them, and that they are as long as they were.
     *
     * @throws IOException if one was taken away or cut
     */
    void checkInPlace() throws IOException {
        for (Segment segment : segments) {
            if (!segment.file().isInPlace(context.files())) {
                throw new IOException(segment.file().path().getFileName()
                        + " was taken away or cut while the server uses it; what was put last may be lost with it");
            }
        }
    }

    /** From now on records are encrypted, or not. */
    void encrypt(boolean isWanted) throws IOException {
        context.folder().checkNotLost();
        if (isWanted) {
            var unused = context.keys().toSeal();
        }
        encrypts = isWanted;
    }

    Segment newest() {
        return segments.getLast();
    }

    /**
     * The segment for a frame of so many batches with so many bytes; one that is full or not for it is followed by a new
     * one first. To be called before numbers are taken for the frame, because a new segment begins with the state of all
     * shards.
     */
    Segment room(int batches, int bytes) throws IOException {
        Segment newest = newest();
        FrameFile file = newest.file();
        long stored = (long) batches * (BatchTable.ROW_BYTES + newest.tagBytes()) + bytes;
        boolean isFull = file.size() > file.firstFrameEnd()
                && file.size() + Frame.HEADER_BYTES + stored
                        > context.settings().segmentBytes();
        if (isFull || !newest.takes(encrypts)) {
            roll();
        }
        return newest();
    }

    /** Adds a frame without records to the newest segment. */
    void append(Frame frame) throws IOException {
        newest().append(frame, context.staging());
    }

    /** Adds batches to the newest segment and answers where the bytes of the first begin. */
    int append(BatchTable table, long timeMillis) throws IOException {
        return newest().append(table, timeMillis, context.staging());
    }

    void flush() throws IOException {
        newest().file().flush(context.staging());
    }

    void force() throws IOException {
        newest().file().force();
    }

    /** All that was written is published: it is not taken back any more. */
    void settle() {
        settled = end();
    }

    /** Writes the indexes of segments that became full; not before all their batches are published. */
    void finishFull() throws IOException {
        while (!unfinished.isEmpty()) {
            Segment full = unfinished.get(0);
            full.finish();
            shards.values().forEach(tail -> tail.letGo(full));
            unfinished.remove(0);
        }
    }

    /** Deletes the segments all of whose batches are older, and ends the newest if it keeps old ones from going. */
    void truncateBefore(long timeMillis) throws IOException {
        if (isToBeEnded(newest(), timeMillis)) {
            context.mark().remove();
            roll();
            settle();
            finishFull();
        }
        Deque<Segment> kept = new ArrayDeque<>(segments);
        while (kept.size() > 1 && kept.getFirst().lastTimeMillis() < timeMillis) {
            kept.removeFirst();
        }
        if (kept.size() == segments.size()) {
            return;
        }
        context.mark().remove();
        // The list first: files that it no longer names may be there or not.
        SegmentList.of(kept).save(context.files(), directory);
        while (segments.size() > kept.size()) {
            Segment oldest = segments.removeFirst();
            shards.values().forEach(tail -> tail.leave(oldest));
            oldest.delete();
            log.debug("{} is past its retention and deleted", oldest.file().path());
        }
    }

    /**
     * Takes back what was written since {@link #settle}, on disk and in every shard, and makes sure that the disk takes
     * bytes again. To be tried again if it fails. A crash at any point leaves what a crash of the failed write would have.
     */
    void rollBack() throws IOException {
        context.staging().clear();
        checkInPlace();
        mend();
        context.mark().remove();
        while (newest() != settled.segment) {
            segments.removeLast().close();
        }
        unfinished.removeIf(segment -> segment.number() >= settled.segment.number());
        SegmentList.of(segments).save(context.files(), directory);
        deleteAfter(settled.segment.number());
        settled.segment.file().rollBack(settled.size);
        settled.segment.endSealing();
        shards.values().forEach(ShardTail::rollBack);
        finishFull();
    }

    /** Makes everything durable and adds a last word. */
    void endInGoodOrder() throws IOException {
        force();
        append(Frame.mark(FrameKind.CLOSE, -1, 0, context.clock().millis()));
        flush();
        force();
    }

    /** Closes the files as they are. */
    void close() throws IOException {
        for (Segment segment : segments) {
            segment.close();
        }
    }

    private Place end() {
        return new Place(newest(), newest().file().size());
    }

    private boolean isToBeEnded(Segment newest, long horizonMillis) {
        long oldest = newest.firstTimeMillis();
        if (newest.lastTimeMillis() == 0) {
            return false;
        }
        long now = context.clock().millis();
        boolean isOld = now - oldest > (now - horizonMillis) / PARTS_OF_RETENTION;
        return oldest < horizonMillis || (isOld && newest.file().size() >= WORTH_ENDING_BYTES);
    }

    /** Deletes segments above a number, highest first, durably: they do not follow what comes instead of them. */
    private void deleteAfter(long number) throws IOException {
        List<String> names = new ArrayList<>(context.files().list(directory));
        boolean isChanged = false;
        for (int i = names.size() - 1; i >= 0; i--) {
            if (Segment.numberOf(names.get(i)) > number) {
                Path path = directory.resolve(names.get(i));
                context.files().delete(Segment.indexPath(path));
                context.files().delete(path);
                isChanged = true;
            }
        }
        if (isChanged) {
            context.files().syncDirectory(directory);
        }
    }

    /** Ends the newest segment, all of it durable, and begins the next. */
    private void roll() throws IOException {
        Segment full = newest();
        flush();
        force();
        segments.addLast(newSegment(full.number() + 1));
        unfinished.add(full);
        SegmentList.of(segments).save(context.files(), directory);
    }

    private Segment newSegment(long number) throws IOException {
        MasterKey.Wrapped key = encrypts ? context.keys().toSeal().newSegmentKey() : null;
        Map<Integer, ShardTail> inOrder = new TreeMap<>(shards);
        ByteBuffer state = ByteBuffer.allocate(
                (key == null ? 0 : MasterKey.WRAPPED_BYTES) + inOrder.size() * LogRecovery.STATE_ROW_BYTES);
        if (key != null) {
            state.put(key.block().duplicate());
        }
        inOrder.forEach((shard, tail) -> state.putInt(shard)
                .putLong(tail.nextIndex())
                .putLong(tail.lastTimeMillis())
                .put((byte) (tail.isSealed() ? 1 : 0)));
        FrameKind kind = key == null ? FrameKind.STATE : FrameKind.SEALED_STATE;
        Frame first = Frame.of(kind, -1, 0, context.clock().millis(), inOrder.size(), state.flip());
        FrameFile file = FrameFile.create(
                context.files(),
                Segment.logPath(directory, number),
                context.random().nextLong(),
                first);
        Segment made = new Segment(context.files(), number, file, key == null ? null : key.key(), new SegmentIndex());
        made.beginSealing();
        return made;
    }

    /** The end of a segment at some time. */
    private record Place(Segment segment, int size) {}
}
