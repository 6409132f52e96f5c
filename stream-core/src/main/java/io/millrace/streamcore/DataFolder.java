package io.millrace.streamcore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder that a server keeps everything in.
 *
 * @param path where it is
 * @param isTemporary whether closing deletes it
 */
record DataFolder(Path path, boolean isTemporary) implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(DataFolder.class);

    /** The folder given, or a fresh one in the system's place for temporary files. */
    static DataFolder of(Optional<Path> given) {
        try {
            return given.isPresent()
                    ? new DataFolder(Files.createDirectories(given.get()), false)
                    : new DataFolder(Files.createTempDirectory("millrace-"), true);
        } catch (IOException e) {
            String which = given.map(Path::toString).orElse("a temporary folder");
            throw new StreamServerException(
                    "Cannot use " + which + " for data: it is no folder and cannot be made one. Choose another.", e);
        }
    }

    @Override
    public void close() {
        if (!isTemporary) {
            return;
        }
        try (Stream<Path> walk = Files.walk(path)) {
            List<Path> deepestFirst = walk.sorted(Comparator.reverseOrder()).toList();
            for (Path file : deepestFirst) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            log.warn("The temporary folder {} could not be deleted: {}", path, e.toString());
        }
    }
}
