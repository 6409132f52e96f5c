package io.millrace.systemtests.process;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The classes of {@code millrace rehearsal}, archived for the processes of the tests as the {@code millrace} script does for
 * its users: it halves the CPU time of a start, of which there are hundreds. All JVMs of tests share one archive. Where the
 * classes under test are folders, as they are before {@code package}, there is none: the JVM archives jars only.
 */
final class ClassArchive {
    private static final long PATIENCE_SECONDS = 60;

    private ClassArchive() {}

    /** The flags that make a JVM start with the archive; none where there is no archive. */
    static List<String> flags(String java, String classPath) {
        Path archive = Arrays.stream(classPath.split(File.pathSeparator)).allMatch(ClassArchive::isJar)
                ? made(java, classPath)
                : null;
        return archive == null
                ? List.of()
                : List.of(
                        "-XX:SharedArchiveFile=" + archive,
                        "-Xlog:disable",
                        "-Xlog:all=warning,cds=off,cds+dynamic=off:stderr");
    }

    private static boolean isJar(String part) {
        return part.endsWith(".jar") && Files.isRegularFile(Path.of(part));
    }

    private static @Nullable Path made(String java, String classPath) {
        Path folder = Path.of("target").toAbsolutePath();
        Path archive = folder.resolve("millrace-tests.jsa");
        try (FileChannel lock = FileChannel.open(
                folder.resolve("millrace-tests.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            FileLock unused = lock.lock();
            if (isOlderThan(classPath, archive)) {
                make(java, classPath, archive);
            }
            return Files.exists(archive) ? archive : null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isOlderThan(String classPath, Path archive) throws IOException {
        if (!Files.exists(archive)) {
            return true;
        }
        long made = archive.toFile().lastModified();
        return Arrays.stream(classPath.split(File.pathSeparator)).anyMatch(jar -> new File(jar).lastModified() > made);
    }

    private static void make(String java, String classPath, Path archive) throws IOException {
        Files.deleteIfExists(archive);
        List<String> command = new ArrayList<>(JavaCommand.flags(java));
        command.addAll(List.of(
                "-Xlog:disable",
                "-XX:ArchiveClassesAtExit=" + archive,
                "-cp",
                classPath,
                "io.millrace.cli.Millrace",
                "rehearsal"));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(archive.resolveSibling("millrace-tests.log").toFile());
        CleanEnvironment.give(builder, Map.of());
        Process rehearsal = builder.start();
        rehearsal.getOutputStream().close();
        try {
            if (!rehearsal.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                rehearsal.destroyForcibly().waitFor();
                Files.deleteIfExists(archive);
            }
        } catch (InterruptedException e) {
            rehearsal.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
