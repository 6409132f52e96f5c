package io.millrace.multilang.lambda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.runtime.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShimFolderTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path place;

    @Test
    void filesThatACleanerTookAreLaidDownAgain() throws IOException {
        try (TemporaryFolder folder = TemporaryFolder.createIn(place, "shim")) {
            ShimFolder shims = new ShimFolder("python", folder.path(), "millrace");
            List<Path> all = files(shims.shim());
            assertThat(all).contains(shims.shim().resolve("_lambda.py"));

            Files.delete(shims.shim().resolve("_lines.py"));
            shims.restore();
            assertThat(files(shims.shim())).isEqualTo(all);

            deleteAll(folder.path());
            shims.restore();
            assertThat(files(shims.shim())).isEqualTo(all);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.path())))
                    .isEqualTo("rwx------");
        }
    }

    /** Another user may have put theirs where ours was. */
    @Test
    void folderThatOthersMayEnterIsNotFilled() throws IOException {
        assumeTrue(Files.getFileStore(place).supportsFileAttributeView("posix"), "SKIPPED: no owners here");
        try (TemporaryFolder folder = TemporaryFolder.createIn(place, "shim")) {
            ShimFolder shims = new ShimFolder("node", folder.path(), "lib");
            deleteAll(folder.path());
            Files.createDirectory(folder.path());
            Files.setPosixFilePermissions(folder.path(), PosixFilePermissions.fromString("rwxrwxrwx"));

            assertThatThrownBy(shims::restore).hasMessageEndingWith("is not the daemon's own any more");
            assertThat(files(folder.path())).isEmpty();
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    private static void deleteAll(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
