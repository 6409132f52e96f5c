package io.millrace.streamcore.log.disk;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.log.CorruptLogException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens what a log left on disk: full segments by their indexes, the newest one by reading it whole. What a crash tore off
 * the newest segment's end was never acknowledged and is cut off, with a line in the log; anything else that does not
 * match its checksum is damage and stops the opening.
 *
 * <p>Used once, on the writer's loop.
 */
final class LogRecovery {
    private static final Logger log = LoggerFactory.getLogger(LogRecovery.class);

    private final DiskFiles files;
    private final Path directory;
    private final ConcurrentMap<Integer, ShardTail> shards = new ConcurrentHashMap<>();
    private final Deque<Segment> segments = new ArrayDeque<>();
    /** By shard: where its records in the segments read so far end. */
    private final Map<Integer, Long> ends = new HashMap<>();

    LogRecovery(DiskFiles files, Path directory) {
        this.files = requireNonNull(files, "files");
        this.directory = requireNonNull(directory, "directory");
    }

    ConcurrentMap<Integer, ShardTail> shards() {
        return shards;
    }

    Deque<Segment> segments() {
        return segments;
    }

    void run() throws IOException {
        files.createDirectories(directory);
        List<String> names = files.list(directory);
        for (String name : names) {
            if (FrameFile.isUnfinished(name)) {
                files.delete(directory.resolve(name));
            }
        }
        List<Long> numbers = names.stream()
                .map(Segment::numberOf)
                .filter(number -> number >= 0)
                .toList();
        try {
            for (int i = 0; i < numbers.size(); i++) {
                long number = numbers.get(i);
                if (i > 0 && number != numbers.get(i - 1) + 1) {
                    throw new CorruptLogException(
                            Segment.logPath(directory, numbers.get(i - 1) + 1), 0, "the file is missing");
                }
                open(number, i == numbers.size() - 1);
            }
        } catch (IOException | RuntimeException e) {
            for (Segment segment : segments) {
                segment.close();
            }
            throw e;
        }
        shards.values().forEach(tail -> tail.publish(tail.nextIndex(), tail.lastTimeMillis(), tail.isSealed()));
    }

    private void open(long number, boolean newest) throws IOException {
        FrameFile file = FrameFile.open(files, Segment.logPath(directory, number));
        Segment segment;
        try {
            segment = newest ? readNewest(number, file) : readFull(number, file);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
        segments.add(segment);
    }

    private Segment readFull(long number, FrameFile file) throws IOException {
        SegmentIndex index = Segment.load(files, file);
        Segment segment = new Segment(files, number, file, index);
        enter(segment, index);
        segment.letGo();
        return segment;
    }

    private Segment readNewest(long number, FrameFile file) throws IOException {
        SegmentIndex index = new SegmentIndex();
        int end = file.scan((position, frame) -> {
            apply(file, position, frame);
            Segment.add(index, position, frame);
        });
        if (end == FrameFile.START) {
            throw file.damage(end);
        }
        int cut = file.cutTail(end);
        if (cut > 0) {
            log.warn(
                    "{}: cut off {} bytes that a crash left unfinished at byte {}; nothing acknowledged was in them",
                    file.path(),
                    cut,
                    end);
        }
        Segment segment = new Segment(files, number, file, index);
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
            case RECORDS -> {
                ShardTail tail = shards.computeIfAbsent(frame.shard(), ShardTail::new);
                if (frame.firstIndex() != tail.nextIndex() || frame.count() < 1) {
                    throw new CorruptLogException(
                            file.path(),
                            position,
                            "batch " + frame.firstIndex() + " of shard " + frame.shard() + " does not follow record "
                                    + tail.nextIndex());
                }
                tail.restore(frame.firstIndex() + frame.count(), frame.timeMillis(), tail.isSealed());
            }
            case SEAL -> shards.computeIfAbsent(frame.shard(), ShardTail::new).close();
            case CLOSE -> {}
            case CHANGE, CATALOG ->
                throw new CorruptLogException(file.path(), position, "this is a catalog's entry, not a log's");
        }
    }

    private void readState(FrameFile file, int position, ByteBuffer state) {
        if (position != FrameFile.START || state.remaining() % LogWriter.STATE_ROW_BYTES != 0) {
            throw new CorruptLogException(file.path(), position, "a state of the shards that has no place here");
        }
        while (state.hasRemaining()) {
            int shard = state.getInt();
            long next = state.getLong();
            checkFollows(file, shard, next);
            shards.computeIfAbsent(shard, ShardTail::new).restore(next, state.getLong(), state.get() != 0);
        }
    }
}
