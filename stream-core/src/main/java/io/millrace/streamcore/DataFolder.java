package io.millrace.streamcore;

import io.millrace.runtime.PrivateFolder;
import io.millrace.runtime.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder that a server keeps everything in.
 *
 * @param path where it is
 * @param temporary what closing deletes; empty if the folder stays
 */
record DataFolder(Path path, Optional<TemporaryFolder> temporary) implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(DataFolder.class);

    /** The folder given, made for its owner alone if it is missing, or a fresh one in the system's place for temporary files. */
    static DataFolder of(Optional<Path> given) {
        try {
            if (given.isPresent()) {
                Path folder = PrivateFolder.create(given.get());
                if (PrivateFolder.isOpenToOthers(folder)) {
                    log.warn("{}: others on this machine may read what is kept here; chmod 700 keeps them out", folder);
                }
                return new DataFolder(folder, Optional.empty());
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
