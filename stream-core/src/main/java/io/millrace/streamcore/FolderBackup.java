package io.millrace.streamcore;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.Platform;
import io.millrace.runtime.PrivateFolder;
import io.millrace.runtime.SystemPlatform;
import io.millrace.streamcore.log.CorruptLogException;
import io.millrace.streamcore.log.LogEngine;
import io.millrace.streamcore.log.LogException;
import io.millrace.streamcore.log.LogSettings;
import io.millrace.streamcore.log.backup.BackupManifest;
import io.millrace.streamcore.log.backup.FolderCopy;
import io.millrace.streamcore.log.disk.DiskLogEngine;
import io.millrace.streamcore.stream.StreamException;
import io.millrace.streamcore.stream.accounts.AccountStreams;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Backups of a data folder, of a server that runs (in another process) or not. A backup has every record that was acknowledged
 * before it was begun, and opens like the folder of a server that was stopped in good order. It is made beside its place, opened to
 * see that it is whole, listed with its checksums, and only then gets its name. Stateless.
 *
 * <p>Streams, their settings and the server's keys are in it. What is not: DynamoDB Local's tables, audit logs and what was set aside.
 */
public final class FolderBackup {
    private static final Logger log = LoggerFactory.getLogger(FolderBackup.class);

    private FolderBackup() {}

    /**
     * A backup that was made.
     *
     * @param streams how many streams it has
     * @param files how many files
     * @param bytes how many bytes these have
     * @param hasKey whether the key of encrypted streams is in it
     */
    public record Report(int streams, int files, long bytes, boolean hasKey) {}

    /**
     * Makes a backup. Blocks.
     *
     * @param from the data folder
     * @param to the backup's folder, which must not exist
     * @param encryptionKeyOrNull the file of the key that encrypted streams are kept with, unless it is in the data folder
     * @throws StreamServerException if that cannot be done; the text says why, and nothing is left at {@code to}
     */
    public static Report make(Path from, Path to, @Nullable Path encryptionKeyOrNull) {
        Path source = from.toAbsolutePath().normalize();
        Path target = to.toAbsolutePath().normalize();
        Path unfinished = target.resolveSibling(requireNonNull(target.getFileName(), "to") + ".unfinished");
        check(source, target, unfinished);
        LogSettings settings = encryptionKeyOrNull == null
                ? LogSettings.DEFAULTS
                : LogSettings.DEFAULTS.withKeyFile(encryptionKeyOrNull);
        boolean isDone = false;
        try {
            PrivateFolder.create(unfinished);
            BackupManifest.begin(unfinished);
            new FolderCopy(source, unfinished, () -> {}).run();
            int streams = open(unfinished, settings);
            boolean hasKey = Files.exists(unfinished.resolve("encryption.key"));
            BackupManifest.Size size = BackupManifest.write(unfinished);
            Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
            isDone = true;
            sync(requireNonNull(target.getParent(), "parent"));
            return new Report(streams, size.files(), size.bytes(), hasKey);
        } catch (NoSuchFileException e) {
            throw failed(source, unfinished, e.getMessage() + " is missing", e);
        } catch (CorruptLogException e) {
            throw failed(source, unfinished, e.finding(), e);
        } catch (IOException | LogException | StreamException e) {
            throw failed(source, unfinished, String.valueOf(e.getMessage()), e);
        } finally {
            if (!isDone) {
                delete(unfinished);
            }
        }
    }

    private static void check(Path source, Path target, Path unfinished) {
        if (!Files.isDirectory(source)) {
            throw new StreamServerException("There is no data folder " + source + ". Give the folder of a server.");
        }
        if (target.startsWith(source) || source.startsWith(target)) {
            throw new StreamServerException("A backup is not kept within the folder that it is of, as " + target
                    + " would be. Give a folder elsewhere.");
        }
        if (Files.exists(target)) {
            throw new StreamServerException(target + " is there already. Give a name that is free.");
        }
        if (Files.exists(unfinished)) {
            throw new StreamServerException(unfinished
                    + " is there: another backup is being made, or was killed. If none runs, delete that folder.");
        }
    }

    /** Opens all that a server opens, so that it is known to be whole, and closes it in good order. */
    private static int open(Path copy, LogSettings settings) throws IOException {
        Platform platform = new SystemPlatform();
        LogEngine engine = DiskLogEngine.openCopy(copy, settings, platform);
        int streams;
        try {
            streams = AccountStreams.openLogs(engine, copy);
        } finally {
            closed(engine);
        }
        Files.delete(copy.resolve("lock"));
        if (Files.notExists(copy.resolve("clean-stop"))) {
            throw new IOException("the copy could not be closed in good order");
        }
        return streams;
    }

    private static void closed(LogEngine engine) {
        try {
            engine.close().join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    private static StreamServerException failed(Path source, Path copy, String why, Exception cause) {
        // A fault of the copy is one of the source, and that is what the user knows.
        String reason = why.replace(copy.toString(), source.toString());
        return new StreamServerException("Cannot back up " + source + ": " + reason + ". No backup was made.", cause);
    }

    private static void sync(Path directory) throws IOException {
        if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }

    private static void delete(Path folder) {
        if (Files.notExists(folder)) {
            return;
        }
        try (Stream<Path> all = Files.walk(folder)) {
            List<Path> deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
            for (Path path : deepestFirst) {
                Files.delete(path);
            }
        } catch (IOException e) {
            log.warn("{} cannot be deleted; it is no backup: {}", folder, e.toString());
        }
    }
}
