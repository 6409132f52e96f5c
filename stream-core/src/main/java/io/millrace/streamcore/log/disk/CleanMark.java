package io.millrace.streamcore.log.disk;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.log.CorruptLogException;
import io.millrace.streamcore.log.backup.BackupManifest;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a server that stopped in good order left in its data directory: how long catalog and logs were. While the mark is
 * there nothing was changed since, so a file of another length is damage; it goes, durably, before the first change, and the list
 * of a backup's files with it.
 * Without it the server was killed, and the end of a file may be torn.
 *
 * <p>Safe for any thread.
 */
final class CleanMark {
    private static final Logger log = LoggerFactory.getLogger(CleanMark.class);

    private static final String FILE = "clean-stop";
    private static final int MAGIC = 0x4d4c4301;

    private final DiskFiles files;
    private final Path directory;
    private final long catalog;
    private final Map<String, End> logs;
    private final boolean wasThere;
    private volatile boolean isChanged;

    private CleanMark(DiskFiles files, Path directory, boolean wasThere, long catalog, Map<String, End> logs) {
        this.files = requireNonNull(files, "files");
        this.directory = requireNonNull(directory, "directory");
        this.wasThere = wasThere;
        this.catalog = catalog;
        this.logs = Map.copyOf(logs);
    }

    /**
     * Where a log ends.
     *
     * @param segment the number of its newest segment
     * @param length that segment's length in bytes
     */
    record End(long segment, long length) {}

    /**
     * Reads the mark of a data directory, if it has one. One that is damaged counts as missing: it only helps to tell damage from
     * the end of a server that was killed. Blocks.
     */
    static CleanMark read(DiskFiles files, Path directory) throws IOException {
        Path path = directory.resolve(FILE);
        try {
            ByteBuffer content = SmallFile.read(files, path);
            if (content != null) {
                return parse(files, directory, content);
            }
        } catch (CorruptLogException damaged) {
            log.warn(
                    "{} is damaged and is not used: files are opened as after a kill ({})", path, damaged.getMessage());
        }
        return new CleanMark(files, directory, false, -1, Map.of());
    }

    private static CleanMark parse(DiskFiles files, Path directory, ByteBuffer content) {
        try {
            if (content.getInt() != MAGIC) {
                throw new IllegalArgumentException("another format");
            }
            long catalog = content.getLong();
            int count = content.getInt();
            Map<String, End> logs = new TreeMap<>();
            for (int i = 0; i < count; i++) {
                byte[] name = new byte[content.getShort()];
                content.get(name);
                logs.put(new String(name, StandardCharsets.US_ASCII), new End(content.getLong(), content.getLong()));
            }
            return new CleanMark(files, directory, true, catalog, logs);
        } catch (BufferUnderflowException | IllegalArgumentException | NegativeArraySizeException e) {
            throw new CorruptLogException(directory.resolve(FILE), 0, "it is no mark of this format");
        }
    }

    /**
     * Leaves a mark, durably. Blocks.
     *
     * @param catalog the catalog's length, if it is sure
     * @param logs where logs end of which that is sure
     */
    void leave(OptionalLong catalog, Map<String, End> logs) throws IOException {
        int size = 4
                + 8
                + 4
                + logs.keySet().stream()
                        .mapToInt(name -> 2 + name.length() + 16)
                        .sum();
        ByteBuffer content = ByteBuffer.allocate(size);
        content.putInt(MAGIC).putLong(catalog.orElse(-1)).putInt(logs.size());
        new TreeMap<>(logs)
                .forEach((name, end) -> content.putShort((short) name.length())
                        .put(name.getBytes(StandardCharsets.US_ASCII))
                        .putLong(end.segment())
                        .putLong(end.length()));
        SmallFile.write(files, directory.resolve(FILE), content.flip());
    }

    /** True if there was one and nothing was changed since. */
    boolean isThere() {
        return wasThere && !isChanged;
    }

    /** True once {@link #remove} was called. */
    boolean isChanged() {
        return isChanged;
    }

    /** To be called before every change. Blocks the first time; several threads may do it at once. */
    void remove() throws IOException {
        if (!isChanged) {
            Path manifest = directory.resolve(BackupManifest.FILE);
            if (wasThere || files.key(manifest) != null) {
                files.delete(directory.resolve(FILE));
                files.delete(manifest);
                files.syncDirectory(directory);
            }
            isChanged = true;
        }
    }

    /** How long the catalog must be, where that is known. */
    OptionalLong catalog() {
        return isThere() && catalog >= 0 ? OptionalLong.of(catalog) : OptionalLong.empty();
    }

    /** Where a log must end, where that is known. */
    Optional<End> end(String log) {
        return isThere() ? Optional.ofNullable(logs.get(log)) : Optional.empty();
    }
}
