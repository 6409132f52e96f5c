package io.millrace.streamcore.api.auth;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.Platform;
import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.ApiRequest;
import io.millrace.streamcore.api.call.ErrorCode;
import io.millrace.streamcore.api.call.ServiceOperations.Kind;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Finds out whether a request is signed by the key that it names, now, for this server, and as it arrived. Safe for any
 * thread.
 *
 * <p>Rules and words: the service's public documentation of Signature Version 4 and of its errors.
 */
final class SignatureVerifier {
    /** How far the clocks of client and server may be apart. */
    static final Duration SKEW = Duration.ofMinutes(5);

    private static final String SERVICE = "kinesis";
    private static final String BODY_HASH = "x-amz-content-sha256";
    private static final String UNSIGNED = "UNSIGNED-PAYLOAD";

    private final Supplier<AccessKeys> keys;
    private final String region;
    private final InstantSource clock;
    private final ReplayGuard replays;
    private final ThreadLocal<Hashes> hashes = ThreadLocal.withInitial(Hashes::new);

    /** Verifies against whatever keys are valid at that moment. */
    SignatureVerifier(Supplier<AccessKeys> keys, String region, Platform platform) {
        this.keys = requireNonNull(keys, "keys");
        this.region = requireNonNull(region, "region");
        this.clock = platform.clock();
        this.replays = new ReplayGuard(platform);
    }

    /**
     * The key that signed {@code request}.
     *
     * @param kind what kind of operation it asks for, if any that exists
     * @throws ApiException if the signature is not of its form, does not fit, is too old or too new, or came before
     */
    AccessKey verify(ApiRequest request, Optional<Kind> kind) {
        Signed signed = signed(request, kind);
        Hashes mine = requireNonNull(hashes.get());
        checkSignature(request, signed, mine);
        if (kind.isPresent()) {
            replays.pass(request, signed.claims, kind.get(), mine);
        }
        return signed.key;
    }

    /**
     * Judges the header of a request, and its body as it was sent if that is here; the same request may come to be verified.
     *
     * @throws ApiException if no body could make it pass, or this one does not
     */
    void look(ApiRequest begun) {
        Signed signed = signed(begun, Optional.empty());
        if (begun.sentBody().hasRemaining()) {
            checkSignature(begun, signed, requireNonNull(hashes.get()));
        }
    }

    /** All that the header says, which is of its form, of this time and place, and names a key that there is. */
    private Signed signed(ApiRequest request, Optional<Kind> kind) {
        Optional<ApiException> flaw = AuthForm.flaw(request);
        if (flaw.isPresent()) {
            throw flaw.get();
        }
        SignatureClaims claims = SignatureClaims.of(request);
        checkScope(claims);
        checkTime(claims, kind);
        AccessKey key = keys.get()
                .find(claims.scope().accessKey())
                .orElseThrow(() -> new ApiException(
                        ErrorCode.UNRECOGNIZED_CLIENT, "The security token included in the request is invalid."));
        checkSignedHeaders(request, claims);
        return new Signed(claims, key);
    }

    private void checkSignature(ApiRequest request, Signed signed, Hashes mine) {
        String canonical = CanonicalRequest.of(request, signed.claims, bodyHash(request, mine));
        if (!isSignatureOf(canonical, signed.claims, signed.key, mine)) {
            throw SignatureClaims.mismatch();
        }
    }

    private boolean isSignatureOf(String canonical, SignatureClaims claims, AccessKey key, Hashes mine) {
        SignatureClaims.Scope scope = claims.scope();
        String toSign = SignatureClaims.ALGORITHM + "\n" + claims.timestamp() + "\n" + scope.text() + "\n"
                + mine.sha256Hex(canonical);
        byte[] signingKey = key.signingKey(mine, scope.date(), scope.region(), scope.service());
        byte[] expected = mine.hmac(signingKey, toSign);
        byte[] given = HexFormat.of().parseHex(claims.signature());
        // Takes as long for a signature that is nearly right as for one that is all wrong.
        return MessageDigest.isEqual(expected, given);
    }

    private void checkScope(SignatureClaims claims) {
        SignatureClaims.Scope scope = claims.scope();
        if (!scope.terminator().equals(SignatureClaims.TERMINATOR)) {
            throw invalid("Credential should be scoped with a valid terminator: 'aws4_request', not '"
                    + scope.terminator() + "'.");
        }
        if (!scope.service().equals(SERVICE)) {
            throw invalid("Credential should be scoped to correct service: 'kinesis'.");
        }
        if (!scope.region().equals(region)) {
            throw invalid("Credential should be scoped to a valid region, not '" + scope.region()
                    + "': this server's is '" + region + "'.");
        }
        String day = claims.timestamp().substring(0, 8);
        if (!scope.date().equals(day)) {
            throw invalid("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '"
                    + scope.date() + "' != '" + day + "', from '" + claims.timestamp() + "'.");
        }
    }

    /** A change is good for as long as replays of it are told apart. */
    private void checkTime(SignatureClaims claims, Optional<Kind> kind) {
        Instant now = clock.instant();
        Duration asked = claims.lifetime().orElse(SKEW);
        boolean isShortened =
                kind.filter(ReplayGuard::isTakenOnce).isPresent() && asked.compareTo(ReplayGuard.LONGEST_LIFE) > 0;
        Duration lifetime = isShortened ? ReplayGuard.LONGEST_LIFE : asked;
        Instant earliest = now.minus(lifetime);
        Instant latest = now.plus(SKEW);
        if (claims.time().isBefore(earliest)) {
            throw invalid("Signature expired: " + claims.timestamp() + " is now earlier than "
                    + SignatureTime.format(earliest) + " (" + SignatureTime.format(now) + " - " + text(lifetime) + ")"
                    + (isShortened ? " Requests that change something are not taken later." : ""));
        }
        if (claims.time().isAfter(latest)) {
            throw invalid("Signature not yet current: " + claims.timestamp() + " is still later than "
                    + SignatureTime.format(latest) + " (" + SignatureTime.format(now) + " + " + text(SKEW) + ")");
        }
    }

    private static String text(Duration duration) {
        return duration.toSeconds() % 60 == 0 ? duration.toMinutes() + " min." : duration.toSeconds() + " sec.";
    }

    /** What decides where a request goes, when it is good and what it does has to be signed. */
    private static void checkSignedHeaders(ApiRequest request, SignatureClaims claims) {
        List<String> signed = claims.signedHeaders();
        if (!signed.contains("host") && !signed.contains(CanonicalRequest.AUTHORITY)) {
            throw invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
        }
        boolean isDated = claims.isInQuery()
                || signed.contains("x-amz-date")
                || (request.header("X-Amz-Date").isEmpty() && signed.contains("date"));
        if (!isDated) {
            throw invalid("'X-Amz-Date' must be a 'SignedHeader' in the AWS Authorization.");
        }
        if (!signed.contains("x-amz-target") && request.header("X-Amz-Target").isPresent()) {
            throw invalid("'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.");
        }
    }

    /** What the signature says of the body: its hash, which has to be right, or that it is not covered. */
    private static String bodyHash(ApiRequest request, Hashes mine) {
        Optional<String> said = request.header(BODY_HASH).map(String::trim);
        if (said.isPresent() && said.get().equals(UNSIGNED)) {
            return UNSIGNED;
        }
        String hash = mine.sha256Hex(request.sentBody());
        if (said.isPresent() && !said.get().equals(hash)) {
            throw said.get().startsWith("STREAMING-")
                    ? invalid("Bodies signed piece by piece (" + BODY_HASH + ": STREAMING-...) are not taken: sign the"
                            + " SHA-256 of the whole body.")
                    : SignatureClaims.mismatch();
        }
        return hash;
    }

    private static ApiException invalid(String text) {
        return new ApiException(ErrorCode.INVALID_SIGNATURE, text);
    }

    /** The claims of a request, and the key that it names. */
    private record Signed(SignatureClaims claims, AccessKey key) {}
}
