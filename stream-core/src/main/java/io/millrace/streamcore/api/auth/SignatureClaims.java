package io.millrace.streamcore.api.auth;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.ApiRequest;
import io.millrace.streamcore.api.call.ErrorCode;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What a request says about its signature, nothing of it believed yet.
 *
 * <p>Form: the service's public documentation of Signature Version 4, with the signature in the header or in the query.
 *
 * @param isInQuery whether the query carries it, so that whoever holds the address can use it until it expires
 * @param scope key, date, region, service and terminator that the signing key is made for
 * @param signedHeaders the names of the headers that it covers, in lower case, as listed
 * @param signature lower-case hexadecimal digits
 * @param timestamp when it was made, as it stands in what was signed
 * @param time the same
 * @param lifetime how long a signature in the query is good for
 */
record SignatureClaims(
        boolean isInQuery,
        Scope scope,
        List<String> signedHeaders,
        String signature,
        String timestamp,
        Instant time,
        Optional<Duration> lifetime) {
    static final String ALGORITHM = "AWS4-HMAC-SHA256";
    static final String TERMINATOR = "aws4_request";
    private static final int MAX_LIFETIME_DIGITS = 6;
    private static final int SIGNATURE_DIGITS = 64;

    SignatureClaims {
        requireNonNull(scope, "scope");
        signedHeaders = List.copyOf(signedHeaders);
        requireNonNull(signature, "signature");
        requireNonNull(timestamp, "timestamp");
        requireNonNull(time, "time");
        requireNonNull(lifetime, "lifetime");
    }

    /**
     * Reads the claims of a request in which {@link AuthForm} found no flaw.
     *
     * @throws ApiException if a part is not of its form
     */
    static SignatureClaims of(ApiRequest request) {
        Optional<String> header = request.header("Authorization");
        return header.isPresent() ? ofHeader(request, header.get()) : ofQuery(QueryText.parse(request.query()));
    }

    private static SignatureClaims ofHeader(ApiRequest request, String header) {
        Map<String, String> parts = AuthForm.pairs(header);
        int blank = header.indexOf(' ');
        checkAlgorithm(blank < 0 ? header : header.substring(0, blank));
        String date = request.header("X-Amz-Date")
                .or(() -> request.header("Date"))
                .orElse("")
                .trim();
        Instant time = SignatureTime.parseHeader(date);
        return new SignatureClaims(
                false,
                Scope.parse(part(parts, "Credential")),
                names(part(parts, "SignedHeaders")),
                signature(part(parts, "Signature")),
                SignatureTime.format(time),
                time,
                Optional.empty());
    }

    private static SignatureClaims ofQuery(Map<String, String> query) {
        checkAlgorithm(part(query, "X-Amz-Algorithm"));
        Instant time = SignatureTime.parse(part(query, "X-Amz-Date"));
        return new SignatureClaims(
                true,
                Scope.parse(part(query, "X-Amz-Credential")),
                names(part(query, "X-Amz-SignedHeaders")),
                signature(part(query, "X-Amz-Signature")),
                SignatureTime.format(time),
                time,
                Optional.ofNullable(query.get("X-Amz-Expires")).map(SignatureClaims::lifetime));
    }

    private static String part(Map<String, String> parts, String name) {
        return parts.getOrDefault(name, "");
    }

    private static List<String> names(String list) {
        return List.of(list.toLowerCase(Locale.ROOT).split(";", -1));
    }

    private static void checkAlgorithm(String algorithm) {
        if (!algorithm.equals(ALGORITHM)) {
            throw incomplete("Unsupported AWS 'algorithm': '" + algorithm + "'.");
        }
    }

    private static String signature(String text) {
        String digits = text.toLowerCase(Locale.ROOT);
        boolean isOne = digits.length() == SIGNATURE_DIGITS;
        for (int i = 0; isOne && i < SIGNATURE_DIGITS; i++) {
            isOne = HexFormat.isHexDigit(digits.charAt(i));
        }
        if (!isOne) {
            throw mismatch();
        }
        return digits;
    }

    private static Duration lifetime(String seconds) {
        if (seconds.matches("[0-9]{1," + MAX_LIFETIME_DIGITS + "}")) {
            Duration lifetime = Duration.ofSeconds(Integer.parseInt(seconds));
            if (!lifetime.isZero() && lifetime.compareTo(Duration.ofDays(7)) <= 0) {
                return lifetime;
            }
        }
        throw incomplete("X-Amz-Expires must be a number of seconds between 1 and 604800. Got '" + seconds + "'.");
    }

    /** An authorization that is not of the form it should be. */
    static ApiException incomplete(String text) {
        return new ApiException(ErrorCode.INCOMPLETE_SIGNATURE, text);
    }

    /** A signature that some part of the request or the key does not fit. */
    static ApiException mismatch() {
        return new ApiException(
                ErrorCode.INVALID_SIGNATURE,
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret"
                        + " Access Key and signing method. Consult the service documentation for details.");
    }

    /**
     * What a signing key is made for.
     *
     * @param accessKey whose key
     * @param date the day, {@code yyyyMMdd}
     * @param region such as us-east-1
     * @param service such as kinesis
     * @param terminator always the same
     */
    record Scope(String accessKey, String date, String region, String service, String terminator) {
        private static final int PARTS = 5;

        static Scope parse(String credential) {
            String[] parts = credential.split("/", -1);
            if (parts.length != PARTS) {
                throw incomplete("Credential must have exactly 5 slash-delimited elements, e.g."
                        + " keyid/date/region/service/term, got '" + credential + "'");
            }
            return new Scope(parts[0], parts[1], parts[2], parts[3], parts[4]);
        }

        /** As it stands in what is signed. */
        String text() {
            return date + "/" + region + "/" + service + "/" + terminator;
        }
    }
}
