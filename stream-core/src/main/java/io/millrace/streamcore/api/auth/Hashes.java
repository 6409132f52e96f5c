package io.millrace.streamcore.api.auth;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** SHA-256 and HMAC-SHA-256, looked up once. Belongs to one thread. */
final class Hashes {
    private static final String HMAC = "HmacSHA256";

    private final MessageDigest sha256;
    private final Mac mac;

    Hashes() {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
            mac = Mac.getInstance(HMAC);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java platform has no SHA-256", e);
        }
    }

    /** The digest of what remains in {@code bytes}, in lower-case hexadecimal digits; the position does not move. */
    String sha256Hex(ByteBuffer bytes) {
        sha256.reset();
        sha256.update(bytes.duplicate());
        return HexFormat.of().formatHex(sha256.digest());
    }

    /** The digest of {@code text} in UTF-8, in lower-case hexadecimal digits. */
    String sha256Hex(String text) {
        sha256.reset();
        return HexFormat.of().formatHex(sha256.digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** Eight bytes of the digest of {@code text}. */
    long fingerprint(String text) {
        sha256.reset();
        return ByteBuffer.wrap(sha256.digest(text.getBytes(StandardCharsets.UTF_8)))
                .getLong();
    }

    byte[] hmac(byte[] key, String text) {
        try {
            mac.init(new SecretKeySpec(key, HMAC));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java platform refuses a key for HMAC-SHA-256", e);
        }
        return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    }
}
