package io.millrace.streamcore.log.disk;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.log.CorruptLogException;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends a file behind its last whole frame, after a crash. Bytes that were cut short are cut off. Others that are no whole
 * frame are what a crash may leave, and also what becomes of records that were acknowledged when the disk loses a bit: they are
 * kept in {@link DataDirectory#aside} first.
 *
 * <p>Belongs to the file's writer.
 */
final class TornTail {
    private static final Logger log = LoggerFactory.getLogger(TornTail.class);

    private final DiskFiles files;
    private final DataDirectory folder;
    private final String name;
    private final FrameFile file;
    private final FrameFile.Tail tail;
    private @Nullable Path place;
    private @Nullable Path kept;
    private boolean isCut;

    private TornTail(DiskFiles files, DataDirectory folder, String name, FrameFile file, FrameFile.Tail tail) {
        this.files = requireNonNull(files, "files");
        this.folder = requireNonNull(folder, "folder");
        this.name = requireNonNull(name, "name");
        this.file = requireNonNull(file, "file");
        this.tail = requireNonNull(tail, "tail");
    }

    /**
     * Judges what follows the last whole frame of a file, which ends at {@code end}. The file is only read.
     *
     * @param name the log's, or the catalog's
     * @return what {@link #cut} ends the file with; null if nothing follows
     * @throws io.millrace.streamcore.log.CorruptLogException if it is damage for certain
     */
    static @Nullable TornTail of(DiskFiles files, DataDirectory folder, String name, FrameFile file, int end)
            throws IOException {
        return end == file.size() ? null : new TornTail(files, folder, name, file, file.judgeTail(end));
    }

    /**
     * Ends a file that was copied while a server wrote to it behind its last whole frame.
     *
     * @throws CorruptLogException if more is wrong than that its last frame is cut short
     */
    static void trim(DiskFiles files, Path path) throws IOException {
        try (FrameFile file = FrameFile.open(files, path)) {
            int end = file.scan((position, frame) -> {});
            if (end != file.size()) {
                FrameFile.Tail tail = file.judgeTail(end);
                if (!tail.isTorn()) {
                    throw new CorruptLogException(path, end, "the last bytes do not match their checksum");
                }
                file.cutTail(tail);
            }
        }
    }

    /** Cuts the tail off, and keeps it first if it may have been acknowledged. To be tried again if it fails. */
    void cut() throws IOException {
        if (isCut) {
            return;
        }
        if (!tail.isTorn() && kept == null) {
            kept = keep();
        }
        file.cutTail(tail);
        isCut = true;
        if (tail.isTorn()) {
            log.warn(
                    "{}: cut off the last {} bytes, from byte {} on: they were not written to their end. A crash leaves such a"
                            + " tail, and the server was not stopped in good order",
                    file.path(),
                    tail.length(),
                    tail.from());
        } else {
            log.error(
                    "{}: the last {} bytes, from byte {} on, do not match their checksum, and none is missing. A crash of the"
                            + " machine may leave that, but what was acknowledged looks the same when it is damaged: they"
                            + " are kept as {}, and the server goes on without them",
                    file.path(),
                    tail.length(),
                    tail.from(),
                    kept);
        }
    }

    private Path keep() throws IOException {
        Path parent = place;
        if (parent == null) {
            parent = folder.newPlaceAside(name);
            place = parent;
        }
        files.createDirectories(parent);
        Path target = parent.resolve(file.path().getFileName() + ".from-" + tail.from());
        try (DiskFile copy = files.open(target)) {
            copy.truncate(0);
            file.copyTo(copy, tail);
            copy.force();
        }
        files.syncDirectory(parent);
        files.syncDirectory(folder.aside());
        return target;
    }
}
