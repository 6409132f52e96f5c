package io.millrace.streamcore.log.disk;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.log.LogKeyException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The key of a data directory: from the file that was given, or else from one in the directory that is made when a key is
 * needed first. Safe for any thread; reading and making the file blocks.
 */
final class KeyRing {
    /** The key's file where none is given. */
    static final String DEFAULT_FILE = "encryption.key";

    private static final Logger log = LoggerFactory.getLogger(KeyRing.class);

    private final Path file;
    private final ReentrantLock making = new ReentrantLock();
    private volatile @Nullable MasterKey key;
    private volatile boolean isMissed;

    private KeyRing(Path file, @Nullable MasterKey key) {
        this.file = requireNonNull(file, "file");
        this.key = key;
    }

    /**
     * Reads the key if there is one. Blocks.
     *
     * @param given the key's file, which must be there; absent for {@value #DEFAULT_FILE} in {@code directory}
     * @throws LogKeyException if the file is missing, no key, or not its owner's alone
     */
    static KeyRing of(Path directory, @Nullable Path given) {
        if (given != null) {
            return new KeyRing(given, read(given));
        }
        Path file = directory.resolve(DEFAULT_FILE);
        return new KeyRing(file, Files.exists(file) ? read(file) : null);
    }

    /**
     * The key to open {@code segment} with.
     *
     * @throws LogKeyException if there is none
     */
    MasterKey toOpen(Path segment) {
        MasterKey known = key;
        if (known == null) {
            throw new LogKeyException(segment + " is encrypted, but " + file
                    + " is missing. Put the key back there, or start with --encryption-key and the key's file");
        }
        return known;
    }

    /** The key to encrypt with, made if there is none. Blocks. */
    MasterKey toSeal() throws IOException {
        MasterKey known = key;
        if (known != null) {
            return known;
        }
        making.lock();
        try {
            known = key;
            if (known == null) {
                known = make(file);
                key = known;
            }
            return known;
        } finally {
            making.unlock();
        }
    }

    /** Warns once if the file of the key in use is gone: this server does not need it any more, the next one does. Blocks. */
    void look() {
        boolean isGone = key != null && Files.notExists(file);
        if (isGone && !isMissed) {
            log.warn(
                    "The encryption key {} is gone. This server still has it in memory, the next one cannot open encrypted"
                            + " records without: put the file back, or name its new place by --encryption-key",
                    file);
        }
        isMissed = isGone;
    }

    private static MasterKey make(Path file) throws IOException {
        byte[] fresh = new byte[SegmentKey.KEY_BYTES];
        new SecureRandom().nextBytes(fresh);
        FileAttribute<?>[] ownerOnly = isPosix()
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
        // Beside and renamed, durably: what is encrypted with a key that did not get to the disk is lost.
        Path unfinished = file.resolveSibling(file.getFileName() + FrameFile.UNFINISHED);
        Files.deleteIfExists(unfinished);
        Files.createFile(unfinished, ownerOnly);
        try (FileChannel channel = FileChannel.open(unfinished, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(fresh);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
        NioDiskFiles.sync(requireNonNull(file.toAbsolutePath().getParent(), "parent"));
        log.warn(
                "Made {}, the key of encrypted streams, next to what it encrypts: move it to a safer place and start with"
                        + " --encryption-key. Without it encrypted records are lost",
                file);
        return new MasterKey(fresh, file);
    }

    private static MasterKey read(Path file) {
        byte[] content;
        try {
            if (isPosix() && isOpenToOthers(file)) {
                throw new LogKeyException("Others than its owner may read the encryption key " + file
                        + ". Make it its owner's alone: chmod 600 " + file);
            }
            content = Files.readAllBytes(file);
        } catch (IOException e) {
            throw new LogKeyException("Cannot read the encryption key " + file + " ("
                    + e.getClass().getSimpleName() + "). Name a file with a key of 32 bytes by --encryption-key");
        }
        byte[] key = parse(content);
        if (key == null) {
            throw new LogKeyException(file + " holds no encryption key: a key is 32 bytes, raw, in hexadecimal or in"
                    + " base64. To make one: openssl rand -out FILE 32");
        }
        return new MasterKey(key, file);
    }

    private static byte @Nullable [] parse(byte[] content) {
        if (content.length == SegmentKey.KEY_BYTES) {
            return content;
        }
        String text = new String(content, StandardCharsets.ISO_8859_1).strip();
        try {
            byte[] key = text.length() == 2 * SegmentKey.KEY_BYTES
                    ? HexFormat.of().parseHex(text)
                    : Base64.getDecoder().decode(text);
            return key.length == SegmentKey.KEY_BYTES ? key : null;
        } catch (IllegalArgumentException neither) {
            return null;
        }
    }

    private static boolean isOpenToOthers(Path file) throws IOException {
        Set<PosixFilePermission> allowed = Files.getPosixFilePermissions(file);
        return allowed.stream()
                .anyMatch(permission -> permission != PosixFilePermission.OWNER_READ
                        && permission != PosixFilePermission.OWNER_WRITE
                        && permission != PosixFilePermission.OWNER_EXECUTE);
    }

    private static boolean isPosix() {
        return FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
    }
}
