package io.millrace.streamcore.log.disk;

import io.millrace.streamcore.log.CorruptLogException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Which segments a log has, in a small file beside them, so that one that was taken away is missed. Written after a new
 * segment is there and before an old one is deleted: after a crash there may be files more than it names, never fewer.
 *
 * @param first the number of the oldest segment that is kept, from 1 on
 * @param full the lengths of the full segments in order; the newest, which follows them, still grows
 */
record SegmentList(long first, List<Long> full) {
    private static final String FILE = "segments";
    private static final int MAGIC = 0x4d4c5301;

    SegmentList {
        full = List.copyOf(full);
        if (first < 1) {
            throw new IllegalArgumentException("segments count from 1, not " + first);
        }
    }

    /** The list of an open log's segments, at least one, in order. */
    static SegmentList of(Collection<Segment> segments) {
        List<Long> lengths = new ArrayList<>();
        long first = 0;
        for (Segment segment : segments) {
            first = first == 0 ? segment.number() : first;
            lengths.add((long) segment.file().size());
        }
        return new SegmentList(first, lengths.subList(0, lengths.size() - 1));
    }

    static Path path(Path directory) {
        return directory.resolve(FILE);
    }

    /** Reads a log's list; null if there is none. */
    static @Nullable SegmentList read(DiskFiles files, Path directory) throws IOException {
        ByteBuffer content = SmallFile.read(files, path(directory));
        if (content == null) {
            return null;
        }
        try {
            return decode(content);
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            throw new CorruptLogException(path(directory), 0, "it is no list of segments of this format");
        }
    }

    /** Writes the list in its place, durably. */
    void save(DiskFiles files, Path directory) throws IOException {
        ByteBuffer content = ByteBuffer.allocate(4 + 8 + 4 + 8 * full.size());
        content.putInt(MAGIC).putLong(first).putInt(full.size());
        full.forEach(content::putLong);
        SmallFile.write(files, path(directory), content.flip());
    }

    /** The number of the newest segment. */
    long newest() {
        return first + full.size();
    }

    /** How long a segment that is named as full must be. */
    OptionalLong length(long number) {
        return number >= first && number < newest()
                ? OptionalLong.of(full.get((int) (number - first)))
                : OptionalLong.empty();
    }

    private static SegmentList decode(ByteBuffer content) {
        if (content.getInt() != MAGIC) {
            throw new IllegalArgumentException("another format");
        }
        long first = content.getLong();
        int count = content.getInt();
        List<Long> full = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            full.add(content.getLong());
        }
        return new SegmentList(first, full);
    }
}
