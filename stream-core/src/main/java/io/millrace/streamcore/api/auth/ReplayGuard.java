package io.millrace.streamcore.api.auth;

import io.millrace.runtime.Platform;
import io.millrace.streamcore.api.auth.SeenSignatures.Sighting;
import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.ApiRequest;
import io.millrace.streamcore.api.call.ErrorCode;
import io.millrace.streamcore.api.call.ServiceOperations.Kind;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;

/**
 * Refuses requests that change something and came before. Safe for any thread.
 *
 * <p>A signature alone does not tell a replay from a second request: it has no finer time than a second, so two equal puts
 * within one have the same. SDKs therefore give each attempt an id and a number in headers; some sign these (then equal
 * signatures are a replay), some do not (boto3). For the latter the same signature is taken again only with another id or
 * number, from the address that it first came from, and only for {@link #TWINS} after that: who copied a request and changes what
 * is not signed is elsewhere, or too late soon. No SDK signs its calls in the query: there one signature is one request.
 */
final class ReplayGuard {
    /** How long two honest requests of one second can be apart when they arrive. */
    static final Duration TWINS = Duration.ofSeconds(2);

    /** How long a request that changes something may be under way, whatever it says of itself. */
    static final Duration LONGEST_LIFE = SignatureVerifier.SKEW;

    private static final int CONTROL_SLOTS = 1 << 17;
    private static final int DATA_SLOTS = 1 << 22;
    /** No more of the heap than this part holds signatures. */
    private static final int HEAP_PART = 16;

    private static final String ATTEMPT_ID = "amz-sdk-invocation-id";
    private static final List<String> ATTEMPT_HEADERS =
            List.of(ATTEMPT_ID, "amz-sdk-request", "aws-sdk-invocation-id", "aws-sdk-retry");

    private final SeenSignatures control;
    private final SeenSignatures data;
    private final InstantSource clock;

    /** Remembers nothing yet. */
    ReplayGuard(Platform platform) {
        long affordable = Runtime.getRuntime().maxMemory() / HEAP_PART / Long.BYTES;
        control = new SeenSignatures(CONTROL_SLOTS, platform.ticker());
        data = new SeenSignatures(Math.max(CONTROL_SLOTS, Math.min(DATA_SLOTS, affordable)), platform.ticker());
        clock = platform.clock();
    }

    /** True if a request of this kind is taken once. */
    static boolean isTakenOnce(Kind kind) {
        return kind == Kind.CONTROL_WRITE || kind == Kind.DATA_WRITE;
    }

    /**
     * Lets a request with a verified signature pass once.
     *
     * @throws ApiException if it came before, or nobody knows any more
     */
    void pass(ApiRequest request, SignatureClaims claims, Kind kind, Hashes hashes) {
        if (!isTakenOnce(kind)) {
            return;
        }
        SeenSignatures seen = kind == Kind.CONTROL_WRITE ? control : data;
        long signedAt = claims.time().getEpochSecond();
        long now = clock.instant().getEpochSecond();
        // The first sixteen digits of an HMAC are as even as any.
        long signature = Long.parseUnsignedLong(claims.signature(), 0, 16, 16);
        boolean tellsAttempts = claims.isInQuery() || claims.signedHeaders().contains(ATTEMPT_ID);
        Sighting sighting = tellsAttempts
                ? seen.see(signedAt, now, signature)
                : seen.seeTwin(
                        signedAt,
                        now,
                        signature,
                        hashes.fingerprint(
                                claims.signature() + '@' + request.peer().getHostAddress()),
                        attempt(request, claims, hashes),
                        TWINS);
        if (sighting.isForgotten()) {
            throw new ApiException(
                    ErrorCode.INVALID_SIGNATURE,
                    "So many requests come that those of " + claims.timestamp()
                            + " are remembered no more, and this one may have come before. Sign it anew.");
        }
        if (!sighting.isNew()) {
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
