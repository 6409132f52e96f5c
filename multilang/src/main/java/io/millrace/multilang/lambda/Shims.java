package io.millrace.multilang.lambda;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystemAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The files of the packages for Python and Node.js, as they come with the daemon's classes. Stateless. */
final class Shims {
    private static final String PLACE = "/io/millrace/multilang/packages/";

    private Shims() {}

    /** Copies the files of a language that are missing there into a folder, which is made. */
    static void lay(String language, Path to) throws IOException {
        URL place = requireNonNull(
                Shims.class.getResource(PLACE + language), "the package for " + language + " is missing");
        URI uri;
        try {
            uri = place.toURI();
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
        if ("jar".equals(uri.getScheme())) {
            try (FileSystem jar = FileSystems.newFileSystem(uri, Map.of())) {
                copy(jar.getPath(PLACE + language), to);
            } catch (FileSystemAlreadyExistsException open) {
                copy(Path.of(uri), to);
            }
        } else {
            copy(Path.of(uri), to);
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        List<Path> files;
        try (Stream<Path> all = Files.list(from)) {
            files = all.filter(Files::isRegularFile).toList();
        }
        for (Path file : files) {
            Path laid = to.resolve(file.getFileName().toString());
            if (!Files.isRegularFile(laid)) {
                Files.copy(file, laid);
            }
        }
    }
}
