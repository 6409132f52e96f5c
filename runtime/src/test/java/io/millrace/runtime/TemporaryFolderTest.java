package io.millrace.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemporaryFolderTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path place;

    @Test
    void closingLeavesNothing() throws IOException {
        try (TemporaryFolder folder = TemporaryFolder.createIn(place, "test")) {
            fill(folder.path());
        }
        assertThat(place).isEmptyDirectory();
    }

    @Test
    void foldersOfThisProcessAreLeftAlone() throws IOException {
        try (TemporaryFolder first = TemporaryFolder.createIn(place, "test")) {
            fill(first.path());
            try (TemporaryFolder second = TemporaryFolder.createIn(place, "test")) {
                assertThat(second.path()).isEmptyDirectory();
            }
            assertThat(first.path().resolve("inner/file")).exists();
        }
        assertThat(place).isEmptyDirectory();
    }

    @Test
    void folderOfALivingProcessIsLeftAloneAndThatOfAKilledOneIsDeleted() throws Exception {
        Process other = holdElsewhere();
        Path held = Path.of(other.inputReader(StandardCharsets.UTF_8).readLine());
        fill(held);
        try (TemporaryFolder mine = TemporaryFolder.createIn(place, "test")) {
            assertThat(held).as("beside %s", mine).exists();
        }

        other.destroyForcibly();
        other.onExit().get(20, TimeUnit.SECONDS);
        assertThat(held).exists();
        try (TemporaryFolder mine = TemporaryFolder.createIn(place, "other")) {
            assertThat(held).as("of another kind than %s", mine).exists();
        }
        TemporaryFolder.createIn(place, "test").close();
        assertThat(place).isEmptyDirectory();
    }

    @Test
    void linksAreDeletedAndNotFollowed() throws IOException {
        Path outside = Files.createDirectory(place.resolve("outside"));
        fill(outside);
        try (TemporaryFolder folder = TemporaryFolder.createIn(place, "test")) {
            Files.createSymbolicLink(folder.path().resolve("link"), outside);
        }
        assertThat(outside.resolve("inner/file")).exists();
    }

    private static void fill(Path folder) throws IOException {
        Files.writeString(Files.createDirectories(folder.resolve("inner")).resolve("file"), "text");
    }

    private Process holdElsewhere() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Holder.class.getName(),
                        place.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** The main class of a process that is killed. */
    static final class Holder {
        private Holder() {}

        public static void main(String[] arguments) throws IOException {
            try (TemporaryFolder folder = TemporaryFolder.createIn(Path.of(arguments[0]), "test")) {
                System.out.println(folder.path());
                while (System.in.read() >= 0) {
                    // Waits to be killed, or for the end of the test.
                }
            }
        }
    }
}
