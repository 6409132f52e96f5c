package io.millrace.streamcore.log.disk;

import io.millrace.streamcore.log.LogInUseException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The file system as the log needs it: the seam where tests put a disk that fails. Safe for any thread. */
interface DiskFiles {
    /** Opens a file for reading and writing and makes it if it is missing. */
    DiskFile open(Path path) throws IOException;

    /**
     * The same, with a lock on the file that other servers see until it is closed. The lock is the file's, whatever becomes of
     * its name; the result is the file that had the name when the lock was taken.
     *
     * @throws LogInUseException if somebody else has it
     */
    DiskFile openLocked(Path path) throws IOException;

    /**
     * The key that tells the file that has this name now from others that had it before or get it later; null if there is none. Where
     * the system cannot tell files apart, all of them are the same.
     */
    @Nullable
    Object key(Path path) throws IOException;

    /**
     * Opens a file for reading.
     *
     * @throws java.nio.file.NoSuchFileException if it is missing
     */
    DiskFile openExisting(Path path) throws IOException;

    /** Makes a directory with its parents, durably; one that exists is fine. */
    void createDirectories(Path directory) throws IOException;

    /** The names in a directory, in order; none if it does not exist. */
    List<String> list(Path directory) throws IOException;

    /** Renames a file in one step, in place of another of the new name. Durable after {@link #syncDirectory}. */
    void rename(Path from, Path to) throws IOException;

    /** Deletes a file or an empty directory; a missing one is fine. */
    void delete(Path path) throws IOException;

    /** Makes the names in a directory durable. */
    void syncDirectory(Path directory) throws IOException;
}
