package io.millrace.streamcore;

import io.millrace.runtime.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The folder that a server keeps everything in.
 *
 * @param path where it is
 * @param temporary what closing deletes; empty if the folder stays
 */
record DataFolder(Path path, Optional<TemporaryFolder> temporary) implements AutoCloseable {
    /** The folder given, or a fresh one in the system's place for temporary files. */
    static DataFolder of(Optional<Path> given) {
        try {
            if (given.isPresent()) {
                return new DataFolder(Files.createDirectories(given.get()), Optional.empty());
            }
            TemporaryFolder temporary = TemporaryFolder.create("millrace-server");
            return new DataFolder(temporary.path(), Optional.of(temporary));
        } catch (IOException e) {
            String which = given.map(Path::toString).orElse("a temporary folder");
            throw new StreamServerException(
                    "Cannot use " + which + " for data: it is no folder and cannot be made one. Choose another.", e);
        }
    }

    @Override
    public void close() {
        temporary.ifPresent(TemporaryFolder::close);
    }
}
