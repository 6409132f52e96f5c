package io.millrace.streamcore.log.disk;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.log.CorruptLogException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens what a log left on disk: full segments by their indexes, the newest one by reading it whole. What a crash tore off
 * the newest segment's end is cut off, with a line in the log; anything else that does not match its checksum, a file that
 * is missing, and after a clean stop any other length is damage and stops the opening.
 *
 * <p>Used once, on the writer's loop.
 */
final class LogRecovery {
    private static final Logger log = LoggerFactory.getLogger(LogRecovery.class);

    static final int STATE_ROW_BYTES = 4 + 8 + 8 + 1;

    private final DiskFiles files;
    private final KeyRing keys;
    private final DataDirectory folder;
    private final Path directory;
    private final Optional<CleanMark.End> cleanEnd;
    private final ConcurrentMap<Integer, ShardTail> shards = new ConcurrentHashMap<>();
    private final Deque<Segment> segments = new ArrayDeque<>();
    /** A repair that is done once all is read; it can be done again. */
    private final List<Mend> mends = new ArrayList<>();

    private @Nullable TornTail tail;
    /** By shard: where its records in the segments read so far end. */
    private final Map<Integer, Long> ends = new HashMap<>();

    /** Opens what is in {@code directory}; after a clean stop the log must end where it did then. */
    LogRecovery(LogContext context, Path directory, Optional<CleanMark.End> cleanEnd) {
        this.files = context.files();
        this.keys = context.keys();
        this.folder = context.folder();
        this.directory = requireNonNull(directory, "directory");
        this.cleanEnd = requireNonNull(cleanEnd, "cleanEnd");
    }

    ConcurrentMap<Integer, ShardTail> shards() {
        return shards;
    }

    Deque<Segment> segments() {
        return segments;
    }

    /**
     * Opens everything, and only reads unless there is nothing; {@link #mend} comes next. A log that {@code mayBeNew} may have
     * no files yet.
     */
    void run(boolean mayBeNew) throws IOException {
        List<String> names = files.list(directory);
        SegmentList list = SegmentList.read(files, directory);
        List<Long> numbers = names.stream()
                .map(Segment::numberOf)
                .filter(number -> number >= 0)
                .toList();
        if (numbers.isEmpty() && list == null && cleanEnd.isEmpty() && mayBeNew) {
            files.createDirectories(directory);
        } else {
            open(numbers, names.isEmpty(), list);
        }
        for (String name : names) {
            if (FrameFile.isUnfinished(name)) {
                mends.add(() -> files.delete(directory.resolve(name)));
            }
        }
        shards.values().forEach(tail -> tail.publish(tail.nextIndex(), tail.lastTimeMillis(), tail.isSealed()));
    }

    /** Ends what a crash left half done. To be tried again if it fails; before that nothing may be written to the log. */
    void mend() throws IOException {
        while (!mends.isEmpty()) {
            mends.get(0).run();
            mends.remove(0);
        }
    }

    private void open(List<Long> found, boolean nothingIsThere, @Nullable SegmentList list) throws IOException {
        if (nothingIsThere) {
            throw CorruptLogException.missing(directory, "but the catalog says that it was there");
        }
        long first = list == null ? 1 : list.first();
        List<Long> kept = found.stream().filter(number -> number >= first).toList();
        long newest = Math.max(newestKnown(list), kept.isEmpty() ? 0 : kept.get(kept.size() - 1));
        for (long number = first; number <= newest; number++) {
            if (!kept.contains(number)) {
                throw CorruptLogException.missing(
                        Segment.logPath(directory, number),
                        "but it was one of the log's files " + first + " to " + newest);
            }
        }
        if (cleanEnd.isPresent() && newest != cleanEnd.get().segment()) {
            throw new CorruptLogException(
                    Segment.logPath(directory, newest),
                    0,
                    "the log ended with file " + cleanEnd.get().segment() + " when the server stopped");
        }
        try {
            for (long number : kept) {
                open(number, number == newest, list == null ? OptionalLong.empty() : list.length(number));
            }
        } catch (IOException | RuntimeException e) {
            for (Segment segment : segments) {
                segment.close();
            }
            throw e;
        }
        settle(found, kept, list);
    }

    /** The newest segment that is known to have been there. */
    private long newestKnown(@Nullable SegmentList list) {
        long listed = list == null ? 1 : list.newest();
        return Math.max(listed, cleanEnd.map(CleanMark.End::segment).orElse(1L));
    }

    /** Finds what a crash left half done: a torn end, a new segment that is not listed, old ones that were to be deleted. */
    private void settle(List<Long> found, List<Long> kept, @Nullable SegmentList list) {
        TornTail torn = tail;
        if (torn != null) {
            mends.add(torn::cut);
        }
        for (long number : found) {
            if (!kept.contains(number)) {
                mends.add(() -> {
                    Path old = Segment.logPath(directory, number);
                    files.delete(Segment.indexPath(old));
                    files.delete(old);
                });
            }
        }
        SegmentList now = SegmentList.of(segments);
        if (!now.equals(list)) {
            mends.add(() -> save(now, list == null));
        }
    }

    private void save(SegmentList now, boolean wasMissing) throws IOException {
        now.save(files, directory);
        if (wasMissing) {
            log.warn(
                    "{} was missing; it is made again and says that the log's files are {} to {}",
                    SegmentList.path(directory),
                    now.first(),
                    now.newest());
        }
    }

    private void open(long number, boolean newest, OptionalLong length) throws IOException {
        Path path = Segment.logPath(directory, number);
        FrameFile file = newest ? FrameFile.openLocked(files, path) : FrameFile.open(files, path);
        Segment segment;
        try {
            length.ifPresent(file::checkLength);
            SegmentKey key = Segment.readKey(file, keys);
            segment = newest ? readNewest(number, file, key) : readFull(number, file, key);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
        segments.add(segment);
    }

    private Segment readFull(long number, FrameFile file, @Nullable SegmentKey key) throws IOException {
        SegmentIndex index = Segment.load(files, file);
        Segment segment = new Segment(files, number, file, key, index);
        enter(segment, index);
        segment.letGo();
        return segment;
    }

    private Segment readNewest(long number, FrameFile file, @Nullable SegmentKey key) throws IOException {
        SegmentIndex index = new SegmentIndex();
        cleanEnd.ifPresent(end -> file.checkLength(end.length()));
        int end = file.scan((position, frame) -> {
            apply(file, position, frame);
            Segment.add(file, index, position, frame);
        });
        if (end == FrameFile.START || (end != file.size() && cleanEnd.isPresent())) {
            throw file.damage(end);
        }
        tail = TornTail.of(files, folder, String.valueOf(directory.getFileName()), file, end);
        Segment segment = new Segment(files, number, file, key, index);
        enter(segment, index);
        return segment;
    }

    private void enter(Segment segment, SegmentIndex index) {
        index.shards().forEach((shard, rows) -> {
            checkFollows(segment.file(), shard, rows.firstIndex(0));
            ends.put(shard, rows.endIndex());
            ShardTail tail = shards.computeIfAbsent(shard, ShardTail::new);
            tail.enter(segment, rows.firstIndex(0), rows.timeMillis(0));
        });
    }

    /** A segment cut at the end of a batch looks whole; what comes after tells. */
    private void checkFollows(FrameFile file, int shard, long firstIndex) {
        Long end = ends.get(shard);
        if (end != null && end != firstIndex) {
            throw new CorruptLogException(
                    file.path(),
                    FrameFile.START,
                    "shard " + shard + " goes on at record " + firstIndex + ", but the file before ends at record "
                            + end);
        }
    }

    /** Moves the shards on by what a frame says. */
    private void apply(FrameFile file, int position, Frame frame) {
        switch (frame.kind()) {
            case STATE -> readState(file, position, frame.payload());
            case SEALED_STATE -> readState(file, position, afterKey(frame.payload()));
            case RECORDS, BATCHES ->
                BatchTable.visit(
                        frame,
                        position,
                        (shard, firstIndex, count, at, length, checksum) ->
                                append(file, position, shard, firstIndex, count, frame.timeMillis()));
            case SEAL -> shards.computeIfAbsent(frame.shard(), ShardTail::new).close();
            case CLOSE -> {}
            case CHANGE, CATALOG ->
                throw new CorruptLogException(file.path(), position, "this is a catalog's entry, not a log's");
        }
    }

    private void append(FrameFile file, int position, int shard, long firstIndex, int count, long timeMillis) {
        ShardTail tail = shards.computeIfAbsent(shard, ShardTail::new);
        if (firstIndex != tail.nextIndex() || count < 1) {
            throw new CorruptLogException(
                    file.path(),
                    position,
                    "batch " + firstIndex + " of shard " + shard + " does not follow record " + tail.nextIndex());
        }
        tail.restore(firstIndex + count, timeMillis, tail.isSealed());
    }

    private static ByteBuffer afterKey(ByteBuffer state) {
        return state.position(Math.min(state.limit(), state.position() + MasterKey.WRAPPED_BYTES));
    }

    private void readState(FrameFile file, int position, ByteBuffer state) {
        if (position != FrameFile.START || state.remaining() % STATE_ROW_BYTES != 0) {
            throw new CorruptLogException(file.path(), position, "a state of the shards that has no place here");
        }
        while (state.hasRemaining()) {
            int shard = state.getInt();
            long next = state.getLong();
            checkFollows(file, shard, next);
            shards.computeIfAbsent(shard, ShardTail::new).restore(next, state.getLong(), state.get() != 0);
        }
    }

    /** One thing to be done on the disk. */
    @FunctionalInterface
    private interface Mend {
        void run() throws IOException;
    }
}
