package io.millrace.streamcore.log.disk;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.log.CorruptLogException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Small files that are only ever replaced as a whole: the content and its CRC32C. A crash leaves the old one or the new
 * one, so one that does not match its checksum is damage.
 */
final class SmallFile {
    private static final int MOST_BYTES = 1 << 28;

    private SmallFile() {}

    /** Puts a file in place, durably. */
    static void write(DiskFiles files, Path path, ByteBuffer content) throws IOException {
        Path unfinished = path.resolveSibling(path.getFileName() + FrameFile.UNFINISHED);
        files.delete(unfinished);
        ByteBuffer whole = ByteBuffer.allocate(content.remaining() + 4)
                .put(content.duplicate())
                .putInt(Frame.crc(content))
                .flip();
        try (DiskFile file = files.open(unfinished)) {
            file.write(whole, 0);
            file.force();
        }
        files.rename(unfinished, path);
        files.syncDirectory(requireNonNull(path.getParent(), "parent"));
    }

    /**
     * The content, or null if there is no such file.
     *
     * @throws CorruptLogException if it does not match its checksum
     */
    static @Nullable ByteBuffer read(DiskFiles files, Path path) throws IOException {
        try (DiskFile file = files.openExisting(path)) {
            long size = file.size();
            if (size < 4 || size > MOST_BYTES) {
                throw new CorruptLogException(path, 0, "it has " + size + " bytes");
            }
            ByteBuffer whole = ByteBuffer.allocate((int) size);
            file.read(whole, 0);
            ByteBuffer content = whole.flip().slice(0, (int) size - 4);
            if (whole.getInt((int) size - 4) != Frame.crc(content)) {
                throw new CorruptLogException(path, 0, "it does not match its checksum");
            }
            return content;
        } catch (NoSuchFileException missing) {
            return null;
        }
    }
}
