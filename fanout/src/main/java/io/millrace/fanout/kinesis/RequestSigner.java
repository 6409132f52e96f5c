package io.millrace.fanout.kinesis;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.identity.spi.AwsSessionCredentialsIdentity;

/**
 * Signs requests with signature version 4 (Signature Version 4 signing process, AWS). The SDK's signer does the same for every form
 * of request, at several times the cost; idle workers sign more than they do anything else. The key that follows from a secret is
 * good for a day and kept for that long. Safe for any thread.
 */
final class RequestSigner {
    private static final String ALGORITHM = "AWS4-HMAC-SHA256";
    private static final String HMAC = "HmacSHA256";
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final HexFormat HEX = HexFormat.of();
    /** Paths whose canonical form is the path itself. */
    private static final Pattern PLAIN_PATH = Pattern.compile("(/[A-Za-z0-9_~-]+)*/?");

    private final String region;
    private final String service;
    private volatile @Nullable DayKey last;

    RequestSigner(String region, String service) {
        this.region = region;
        this.service = service;
    }

    /** The key of one day. */
    private static final class DayKey {
        private final String secret;
        private final String day;
        private final SecretKeySpec key;

        DayKey(String secret, String day, SecretKeySpec key) {
            this.secret = secret;
            this.day = day;
            this.key = key;
        }

        boolean isOf(String otherSecret, String otherDay) {
            return day.equals(otherDay) && secret.equals(otherSecret);
        }
    }

    /** True if this signer knows how: the path is a plain one, and there is something to sign with. */
    static boolean canSign(URI endpoint, AwsCredentialsIdentity identity) {
        return identity.accessKeyId() != null
                && identity.secretAccessKey() != null
                && endpoint.getRawQuery() == null
                && PLAIN_PATH.matcher(endpoint.getRawPath()).matches();
    }

    /**
     * Signs a POST.
     *
     * @param headers those that the request has and the signature covers, under names in lower case; {@code host} among them
     * @return the headers to add
     */
    Map<String, String> sign(
            URI endpoint, Map<String, String> headers, byte[] body, AwsCredentialsIdentity identity, Instant now) {
        String time = TIME.format(now);
        SortedMap<String, String> signed = new TreeMap<>(headers);
        signed.put("x-amz-date", time);
        Map<String, String> added = new TreeMap<>();
        added.put("X-Amz-Date", time);
        String content = sha256(body);
        signed.put("x-amz-content-sha256", content);
        added.put("x-amz-content-sha256", content);
        if (identity instanceof AwsSessionCredentialsIdentity session) {
            String token = session.sessionToken().trim();
            signed.put("x-amz-security-token", token);
            added.put("X-Amz-Security-Token", token);
        }
        String names = String.join(";", signed.keySet());
        String day = time.substring(0, 8);
        String scope = day + "/" + region + "/" + service + "/aws4_request";
        String text = ALGORITHM + "\n" + time + "\n" + scope + "\n"
                + sha256(utf8(canonical(endpoint, signed, names, content)));
        String signature = HEX.formatHex(hmac(key(identity.secretAccessKey().trim(), day), text));
        added.put(
                "Authorization",
                ALGORITHM + " Credential=" + identity.accessKeyId().trim() + "/" + scope + ", SignedHeaders=" + names
                        + ", Signature=" + signature);
        return added;
    }

    private static String canonical(URI endpoint, SortedMap<String, String> signed, String names, String content) {
        StringBuilder text = new StringBuilder(512).append("POST\n");
        String path = endpoint.getRawPath();
        text.append(path.isEmpty() ? "/" : path).append("\n\n");
        signed.forEach(
                (name, value) -> text.append(name).append(':').append(value).append('\n'));
        return text.append('\n').append(names).append('\n').append(content).toString();
    }

    private SecretKeySpec key(String secret, String day) {
        DayKey known = last;
        if (known == null || !known.isOf(secret, day)) {
            byte[] ofDay = hmac(new SecretKeySpec(utf8("AWS4" + secret), HMAC), day);
            byte[] ofRegion = hmac(new SecretKeySpec(ofDay, HMAC), region);
            byte[] ofService = hmac(new SecretKeySpec(ofRegion, HMAC), service);
            byte[] key = hmac(new SecretKeySpec(ofService, HMAC), "aws4_request");
            known = new DayKey(secret, day, new SecretKeySpec(key, HMAC));
            last = known;
        }
        return known.key;
    }

    private static byte[] hmac(SecretKeySpec key, String text) {
        try {
            Mac mac = Mac.getInstance(HMAC);
            mac.init(key);
            return mac.doFinal(utf8(text));
        } catch (GeneralSecurityException missing) {
            throw new IllegalStateException("every JVM has HMAC-SHA256", missing);
        }
    }

    private static String sha256(byte[] bytes) {
        try {
            return HEX.formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (GeneralSecurityException missing) {
            throw new IllegalStateException("every JVM has SHA-256", missing);
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
