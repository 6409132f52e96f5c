package io.millrace.streamcore.api.call;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Seals what the server hands to clients to bring back later (shard iterators, page tokens), so that they can neither be
 * read nor forged: AES-256 in GCM mode, the purpose bound in. The key rests in a file, so that tokens survive a restart.
 * Safe for any thread.
 */
public final class TokenSeal {
    private static final Logger log = LoggerFactory.getLogger(TokenSeal.class);
    private static final int KEY_BYTES = 32;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;

    private final SecretKeySpec key;
    /** A nonce never repeats: a random start for each process, counted up from there. */
    private final int noncePrefix;

    private final AtomicLong nonceCounter;

    private TokenSeal(byte[] key, SecureRandom random) {
        this.key = new SecretKeySpec(key, "AES");
        this.noncePrefix = random.nextInt();
        this.nonceCounter = new AtomicLong(random.nextLong());
    }

    /**
     * The seal whose key is in {@code keyFile}, which is made, readable by its owner only, if it is missing. Where it cannot be
     * made, because the disk is full say, the key is good for this process only.
     *
     * @throws IOException if the file cannot be read, or holds no key
     */
    public static TokenSeal of(Path keyFile) throws IOException {
        SecureRandom random = new SecureRandom();
        if (!Files.exists(keyFile)) {
            byte[] fresh = new byte[KEY_BYTES];
            random.nextBytes(fresh);
            try {
                write(keyFile, fresh);
            } catch (IOException e) {
                log.warn(
                        "Cannot keep a key in {} ({}): shard iterators and page tokens end with this server",
                        keyFile,
                        e.toString());
                return new TokenSeal(fresh, random);
            }
        }
        byte[] key = Files.readAllBytes(keyFile);
        if (key.length != KEY_BYTES) {
            throw new IOException(keyFile + " holds " + key.length + " bytes where a key has " + KEY_BYTES
                    + "; delete it, and open shard iterators become invalid");
        }
        return new TokenSeal(key, random);
    }

    /** Writes beside and renames, so that a crash leaves a whole key or none. */
    private static void write(Path keyFile, byte[] key) throws IOException {
        boolean isPosix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
        FileAttribute<?>[] ownerOnly = isPosix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
        Path fresh = keyFile.resolveSibling(keyFile.getFileName() + ".new");
        Files.deleteIfExists(fresh);
        Files.createFile(fresh, ownerOnly);
        Files.write(fresh, key);
        Files.move(fresh, keyFile, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Seals {@code content} for one purpose. */
    public String seal(Purpose purpose, byte[] content) {
        byte[] nonce = ByteBuffer.allocate(NONCE_BYTES)
                .putInt(noncePrefix)
                .putLong(nonceCounter.getAndIncrement())
                .array();
        try {
            byte[] sealed = cipher(Cipher.ENCRYPT_MODE, purpose, nonce).doFinal(content);
            return Base64.getEncoder()
                    .encodeToString(ByteBuffer.allocate(nonce.length + sealed.length)
                            .put(nonce)
                            .put(sealed)
                            .array());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java platform cannot seal with AES-GCM", e);
        }
    }

    /** Opens what {@link #seal} made for the same purpose; empty for anything else. */
    public Optional<byte[]> open(Purpose purpose, String token) {
        byte[] sealed;
        try {
            sealed = Base64.getDecoder().decode(token);
        } catch (IllegalArgumentException notBase64) {
            return Optional.empty();
        }
        if (sealed.length < NONCE_BYTES + TAG_BITS / 8) {
            return Optional.empty();
        }
        try {
            byte[] nonce = Arrays.copyOf(sealed, NONCE_BYTES);
            return Optional.of(cipher(Cipher.DECRYPT_MODE, purpose, nonce)
                    .doFinal(sealed, NONCE_BYTES, sealed.length - NONCE_BYTES));
        } catch (AEADBadTagException forged) {
            return Optional.empty();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java platform cannot open what AES-GCM sealed", e);
        }
    }

    private Cipher cipher(int mode, Purpose purpose, byte[] nonce) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(new byte[] {purpose.code});
        return cipher;
    }

    /** What a token is for. */
    public enum Purpose {
        /** A position in a shard. */
        SHARD_ITERATOR(0),
        /** A place in a list of streams. */
        STREAM_PAGE(1),
        /** A place in a list of shards. */
        SHARD_PAGE(2),
        /** A place in a list of consumers. */
        CONSUMER_PAGE(3);

        private final byte code;

        Purpose(int code) {
            this.code = (byte) code;
        }
    }
}
