package io.millrace.fanout.kinesis;

import java.net.URI;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.async.AsyncExecuteRequest;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.http.async.SdkAsyncHttpResponseHandler;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.identity.spi.IdentityProvider;
import software.amazon.awssdk.services.kinesis.model.KinesisException;
import software.amazon.awssdk.utils.http.SdkHttpUtils;

/** Sends calls, signed with version 4, each once. Safe for any thread. */
final class SignedCalls {
    private static final String SERVICE = "kinesis";
    private static final String CBOR = "application/x-amz-cbor-1.1";
    private static final String JSON = "application/x-amz-json-1.1";

    /** How the service refuses signatures of another time (Common Errors, AWS). */
    private static final Set<String> CLOCK_REFUSALS = Set.of(
            "InvalidSignatureException",
            "RequestExpired",
            "RequestInTheFuture",
            "RequestTimeTooSkewed",
            "SignatureDoesNotMatch",
            "AuthFailure");

    private final SdkAsyncHttpClient http;
    private final IdentityProvider<? extends AwsCredentialsIdentity> credentials;
    private final String region;
    private final SigningClock clock;
    private final RequestSigner own;
    /** Signs what the own one does not know. */
    private final AwsV4HttpSigner signer = AwsV4HttpSigner.create();

    SignedCalls(
            SdkAsyncHttpClient http,
            IdentityProvider<? extends AwsCredentialsIdentity> credentials,
            String region,
            InstantSource clock) {
        this.http = http;
        this.credentials = credentials;
        this.region = region;
        this.clock = new SigningClock(clock);
        this.own = new RequestSigner(region, SERVICE);
    }

    /**
     * Calls an operation in CBOR, and once more when the service blames this machine's clock.
     *
     * @return the answer if it is a success; fails with the SDK's exception when the service refuses
     */
    CompletableFuture<HttpAnswer> post(URI endpoint, String target, byte[] body) {
        return attempt(endpoint, target, body)
                // The clock is right now, unless something else is wrong.
                .thenCompose(answer -> blamesClock(answer)
                        ? attempt(endpoint, target, body)
                        : CompletableFuture.completedFuture(answer))
                .thenApply(this::accepted);
    }

    private boolean blamesClock(HttpAnswer answer) {
        return !answer.head().isSuccessful()
                && CLOCK_REFUSALS.contains(Refusal.of(answer).code())
                && clock.correct(answer);
    }

    private CompletableFuture<HttpAnswer> attempt(URI endpoint, String target, byte[] body) {
        BodyCollector answer = new BodyCollector();
        CompletableFuture<Void> unused = credentials
                .resolveIdentity()
                .thenCompose(identity -> send(endpoint, target, CBOR, body, identity, answer))
                .whenComplete((done, error) -> {
                    if (error != null) {
                        answer.fail(error);
                    }
                });
        return answer.whole();
    }

    /**
     * Calls an operation in JSON whose answer does not end soon.
     *
     * @param answer takes it as it comes
     * @return the call, which ends it when it is cancelled
     */
    CompletableFuture<Void> open(URI endpoint, String target, byte[] body, SdkAsyncHttpResponseHandler answer) {
        CompletableFuture<Void> call = new CompletableFuture<>();
        CompletableFuture<Void> unused = credentials
                .resolveIdentity()
                .thenCompose(identity -> {
                    if (call.isDone()) {
                        return call;
                    }
                    CompletableFuture<Void> sent = send(endpoint, target, JSON, body, identity, answer);
                    CompletableFuture<Void> unusedToo = call.whenComplete((done, error) -> {
                        if (call.isCancelled()) {
                            sent.cancel(true);
                        }
                    });
                    return sent;
                })
                .whenComplete((done, error) -> {
                    if (error == null) {
                        call.complete(null);
                    } else {
                        call.completeExceptionally(error);
                    }
                });
        return call;
    }

    private CompletableFuture<Void> send(
            URI endpoint,
            String target,
            String type,
            byte[] body,
            AwsCredentialsIdentity identity,
            SdkAsyncHttpResponseHandler answer) {
        return http.execute(AsyncExecuteRequest.builder()
                .request(signed(endpoint, target, type, body, identity))
                .requestContentPublisher(new RequestBody(body))
                .responseHandler(answer)
                .build());
    }

    private SdkHttpRequest signed(
            URI endpoint, String target, String type, byte[] body, AwsCredentialsIdentity identity) {
        SdkHttpRequest request = request(endpoint, target, type, body);
        if (!RequestSigner.canSign(endpoint, identity)) {
            return signedBySdk(request, body, identity);
        }
        String host = SdkHttpUtils.isUsingStandardPort(request.protocol(), request.port())
                ? request.host()
                : request.host() + ":" + request.port();
        SdkHttpRequest.Builder builder = request.toBuilder().putHeader("Host", host);
        Map<String, String> covered = Map.of("host", host, "content-type", type, "x-amz-target", target);
        own.sign(endpoint, covered, body, identity, clock.instant()).forEach(builder::putHeader);
        return builder.build();
    }

    private static SdkHttpRequest request(URI endpoint, String target, String type, byte[] body) {
        return SdkHttpRequest.builder()
                .method(SdkHttpMethod.POST)
                .uri(endpoint)
                .putHeader("Content-Type", type)
                .putHeader("Content-Length", Integer.toString(body.length))
                .putHeader("User-Agent", "millrace")
                .putHeader("X-Amz-Target", target)
                .build();
    }

    private SdkHttpRequest signedBySdk(SdkHttpRequest request, byte[] body, AwsCredentialsIdentity identity) {
        return signer.sign(it -> it.identity(identity)
                        .request(request)
                        .payload(ContentStreamProvider.fromByteArrayUnsafe(body))
                        .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, SERVICE)
                        .putProperty(AwsV4HttpSigner.REGION_NAME, region)
                        .putProperty(HttpSigner.SIGNING_CLOCK, clock))
                .request();
    }

    private HttpAnswer accepted(HttpAnswer answer) {
        if (answer.head().isSuccessful()) {
            return answer;
        }
        throw refusal(answer);
    }

    /** An answer that is no success as the SDK's exception; one that blames the clock is heeded. */
    KinesisException refusal(HttpAnswer answer) {
        Refusal refusal = Refusal.of(answer);
        if (CLOCK_REFUSALS.contains(refusal.code())) {
            clock.correct(answer);
        }
        return refusal.asException(answer);
    }
}
