package io.millrace.streamcore.log.backup;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.log.CorruptLogException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The list of a backup's files with their SHA-256, in a file among them that {@code sha256sum --check} reads as well. While a backup
 * is being made the file says that it is not whole; a server opens no folder with such a file, and none whose files are not those
 * of the list. The first change of the folder deletes it. Stateless.
 */
public final class BackupManifest {
    /** The manifest's name in its folder. */
    public static final String FILE = "backup.sha256";

    private static final String UNFINISHED = "# millrace backup that did not come to its end\n";
    private static final Pattern HEAD = Pattern.compile("# millrace backup 1: (\\d{1,9}) files");
    private static final Pattern LINE = Pattern.compile("([0-9a-f]{64})  (.+)");
    private static final int PIECE = 1 << 20;

    private BackupManifest() {}

    /**
     * A backup's size.
     *
     * @param files how many files it has
     * @param bytes how many bytes these have
     */
    public record Size(int files, long bytes) {}

    /** Says that what comes into {@code directory} is no whole backup yet. Blocks. */
    public static void begin(Path directory) throws IOException {
        put(directory, UNFINISHED);
    }

    /** Makes all files of a folder durable, and then the manifest that names them. Blocks. */
    public static Size write(Path directory) throws IOException {
        List<Path> paths;
        try (Stream<Path> all = Files.walk(directory)) {
            paths = all.sorted().toList();
        }
        List<String> lines = new ArrayList<>();
        long bytes = 0;
        for (Path path : paths) {
            if (Files.isDirectory(path)) {
                force(path, StandardOpenOption.READ);
            } else if (!path.equals(directory.resolve(FILE))) {
                force(path, StandardOpenOption.WRITE);
                lines.add(digest(path) + "  " + directory.relativize(path));
                bytes += Files.size(path);
            }
        }
        put(directory, "# millrace backup 1: " + lines.size() + " files\n" + String.join("\n", lines) + "\n");
        return new Size(lines.size(), bytes);
    }

    /**
     * Compares a folder with its manifest, if it has one. Reads all files then. Blocks.
     *
     * @throws CorruptLogException if a file is missing or another one, or the backup did not come to its end
     */
    public static void check(Path directory) throws IOException {
        Path manifest = directory.resolve(FILE);
        List<String> lines;
        try {
            lines = Files.readAllLines(manifest, StandardCharsets.UTF_8);
        } catch (NoSuchFileException none) {
            return;
        }
        Matcher head = HEAD.matcher(lines.isEmpty() ? "" : lines.get(0));
        if (!head.matches() || Integer.parseInt(head.group(1)) != lines.size() - 1) {
            throw new CorruptLogException(manifest, 0, "this is a backup that did not come to its end");
        }
        for (String line : lines.subList(1, lines.size())) {
            Matcher parts = LINE.matcher(line);
            if (!parts.matches()) {
                throw new CorruptLogException(manifest, 0, "it has a line that names no file of a backup");
            }
            check(directory.resolve(parts.group(2)), parts.group(1));
        }
    }

    private static void check(Path file, String digest) throws IOException {
        try {
            if (!digest(file).equals(digest)) {
                throw new CorruptLogException(file, 0, "it is not the file that was backed up, as " + FILE + " has it");
            }
        } catch (NoSuchFileException missing) {
            throw CorruptLogException.missing(file, "but " + FILE + " says that it belongs to the backup");
        }
    }

    /** Beside and renamed, durably. */
    private static void put(Path directory, String content) throws IOException {
        Path unfinished = directory.resolve(FILE + ".new");
        Files.writeString(unfinished, content);
        force(unfinished, StandardOpenOption.WRITE);
        Files.move(unfinished, directory.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
        force(directory, StandardOpenOption.READ);
    }

    private static void force(Path path, StandardOpenOption how) throws IOException {
        // Windows cannot open a directory.
        if (how == StandardOpenOption.WRITE
                || path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            try (FileChannel channel = FileChannel.open(path, how)) {
                channel.force(true);
            }
        }
    }

    private static String digest(Path file) throws IOException {
        MessageDigest digest = sha256();
        ByteBuffer piece = ByteBuffer.allocate(PIECE);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (channel.read(piece) >= 0) {
                digest.update(piece.flip());
                piece.clear();
            }
        }
        return HexFormat.of().formatHex(requireNonNull(digest.digest(), "digest"));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java platform has no SHA-256", e);
        }
    }
}
