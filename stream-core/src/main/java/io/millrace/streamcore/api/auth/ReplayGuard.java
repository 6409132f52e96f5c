package io.millrace.streamcore.api.auth;

import io.millrace.runtime.Ticker;
import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.ApiRequest;
import io.millrace.streamcore.api.call.ErrorCode;
import io.millrace.streamcore.api.call.ServiceOperations.Kind;
import java.time.Duration;
import java.util.List;

/**
 * Refuses requests that change something and came before. Safe for any thread.
 *
 * <p>A signature alone does not tell a replay from a second request: it has no finer time than a second, so two equal puts
 * within one have the same. SDKs therefore give each attempt an id and a number in headers; some sign these (then equal
 * signatures are a replay), some do not (boto3). For the latter the same signature is taken again only with another id or
 * number, and only for {@link #TWINS} after it first came: who copied a request and changes what is not signed is too late
 * soon. Requests signed in the query are meant to be used again until they expire.
 */
final class ReplayGuard {
    /** How long two honest requests of one second can be apart when they arrive. */
    static final Duration TWINS = Duration.ofSeconds(2);

    /** A signature is good five minutes before and five after its time. */
    private static final Duration REMEMBERED = SignatureVerifier.SKEW.multipliedBy(2);

    private static final int CONTROL_SLOTS = 1 << 16;
    private static final int DATA_SLOTS = 1 << 19;
    private static final String ATTEMPT_ID = "amz-sdk-invocation-id";
    private static final List<String> ATTEMPT_HEADERS =
            List.of(ATTEMPT_ID, "amz-sdk-request", "aws-sdk-invocation-id", "aws-sdk-retry");

    private final SeenSignatures control;
    private final SeenSignatures data;

    /** Remembers nothing yet. */
    ReplayGuard(Ticker ticker) {
        control = new SeenSignatures(CONTROL_SLOTS, REMEMBERED, ticker);
        data = new SeenSignatures(DATA_SLOTS, REMEMBERED, ticker);
    }

    /**
     * Lets a request with a verified signature pass once.
     *
     * @throws ApiException if it came before
     */
    void pass(ApiRequest request, SignatureClaims claims, Kind kind, Hashes hashes) {
        boolean changes = kind == Kind.CONTROL_WRITE || kind == Kind.DATA_WRITE;
        if (!changes || claims.isInQuery()) {
            return;
        }
        SeenSignatures seen = kind == Kind.CONTROL_WRITE ? control : data;
        // The first sixteen digits of an HMAC are as even as any.
        Duration signatureAge = seen.firstSeen(Long.parseUnsignedLong(claims.signature(), 0, 16, 16));
        boolean isNew = signatureAge.isNegative();
        if (!claims.signedHeaders().contains(ATTEMPT_ID)) {
            boolean mayBeTwin = isNew || signatureAge.compareTo(TWINS) <= 0;
            isNew = mayBeTwin
                    && seen.firstSeen(attempt(request, claims, hashes)).isNegative();
        }
        if (!isNew) {
            throw new ApiException(
                    ErrorCode.INVALID_SIGNATURE,
                    "This request came before: its signature was used already. Sign every request anew, with an "
                            + ATTEMPT_ID + " header of its own.");
        }
    }

    private static long attempt(ApiRequest request, SignatureClaims claims, Hashes hashes) {
        StringBuilder text = new StringBuilder(claims.signature());
        for (String name : ATTEMPT_HEADERS) {
            text.append('\n').append(request.headers().all(name));
        }
        return hashes.fingerprint(text.toString());
    }
}
