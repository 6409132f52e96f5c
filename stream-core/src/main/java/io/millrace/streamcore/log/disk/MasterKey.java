package io.millrace.streamcore.log.disk;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.log.CorruptLogException;
import io.millrace.streamcore.log.LogKeyException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** The key that the keys of segments are wrapped with. Immutable, safe for any thread. */
final class MasterKey {
    /** A wrapped key: the master key's fingerprint, a nonce, the sealed key. */
    static final int WRAPPED_BYTES = 8 + 12 + SegmentKey.KEY_BYTES + SegmentKey.TAG_BYTES;

    private static final int FINGERPRINT_BYTES = 8;
    private static final int NONCE_BYTES = 12;

    private final SecretKeySpec key;
    private final byte[] fingerprint;
    private final Path file;

    /** A key of 32 bytes that came from {@code file}. */
    MasterKey(byte[] key, Path file) {
        this.key = new SecretKeySpec(requireNonNull(key, "key"), "AES");
        this.fingerprint = fingerprint(key);
        this.file = requireNonNull(file, "file");
    }

    /** A fresh key for a segment, and how it is kept. */
    Wrapped newSegmentKey() {
        SecureRandom random = new SecureRandom();
        byte[] fresh = new byte[SegmentKey.KEY_BYTES];
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(fresh);
        random.nextBytes(nonce);
        try {
            byte[] sealed = cipher(Cipher.ENCRYPT_MODE, nonce).doFinal(fresh);
            ByteBuffer block = ByteBuffer.allocate(WRAPPED_BYTES)
                    .put(fingerprint)
                    .put(nonce)
                    .put(sealed)
                    .flip();
            return new Wrapped(new SegmentKey(fresh), block);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java platform cannot seal with AES-GCM", e);
        }
    }

    /**
     * The key in a segment's first bytes.
     *
     * @throws LogKeyException if it was wrapped with another key
     * @throws CorruptLogException if it is no wrapped key
     */
    SegmentKey unwrap(ByteBuffer block, Path segment) {
        byte[] by = new byte[FINGERPRINT_BYTES];
        byte[] nonce = new byte[NONCE_BYTES];
        byte[] sealed = new byte[SegmentKey.KEY_BYTES + SegmentKey.TAG_BYTES];
        block.duplicate().get(by).get(nonce).get(sealed);
        if (!Arrays.equals(by, fingerprint)) {
            throw new LogKeyException(segment + " is encrypted with another key than the one in " + file
                    + ". Start with --encryption-key and the file of the key it was written with");
        }
        try {
            return new SegmentKey(cipher(Cipher.DECRYPT_MODE, nonce).doFinal(sealed));
        } catch (AEADBadTagException e) {
            throw new CorruptLogException(segment, FrameFile.START, "its key is not what was written here");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java platform cannot open what AES-GCM sealed", e);
        }
    }

    private Cipher cipher(int mode, byte[] nonce) throws GeneralSecurityException {
        Cipher cipher = SegmentKey.newCipher();
        cipher.init(mode, key, new GCMParameterSpec(8 * SegmentKey.TAG_BYTES, nonce));
        cipher.updateAAD(fingerprint);
        return cipher;
    }

    private static byte[] fingerprint(byte[] key) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update("millrace key fingerprint".getBytes(StandardCharsets.US_ASCII));
            return Arrays.copyOf(digest.digest(key), FINGERPRINT_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java platform has no SHA-256", e);
        }
    }

    /**
     * A segment's key.
     *
     * @param key to seal and open with
     * @param block the key as it is kept in the segment, {@value #WRAPPED_BYTES} bytes
     */
    record Wrapped(SegmentKey key, ByteBuffer block) {}
}
