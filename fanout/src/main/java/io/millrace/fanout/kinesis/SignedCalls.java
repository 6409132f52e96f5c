package io.millrace.fanout.kinesis;

import java.net.URI;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.async.AsyncExecuteRequest;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.identity.spi.IdentityProvider;

/** Sends calls in CBOR, signed with version 4, each once. Safe for any thread. */
final class SignedCalls {
    private static final String SERVICE = "kinesis";

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
    }

    /**
     * Calls an operation.
     *
     * @return the answer if it is a success; fails with the SDK's exception when the service refuses
     */
    CompletableFuture<HttpAnswer> post(URI endpoint, String target, byte[] body) {
        return credentials
                .resolveIdentity()
                .thenCompose(identity -> send(sign(request(endpoint, target, body), body, identity), body))
                .thenApply(this::accepted);
    }

    private static SdkHttpRequest request(URI endpoint, String target, byte[] body) {
        return SdkHttpRequest.builder()
                .method(SdkHttpMethod.POST)
                .uri(endpoint)
                .putHeader("Content-Type", "application/x-amz-cbor-1.1")
                .putHeader("Content-Length", Integer.toString(body.length))
                .putHeader("User-Agent", "millrace")
                .putHeader("X-Amz-Target", target)
                .build();
    }

    private SdkHttpRequest sign(SdkHttpRequest request, byte[] body, AwsCredentialsIdentity identity) {
        return signer.sign(it -> it.identity(identity)
                        .request(request)
                        .payload(ContentStreamProvider.fromByteArrayUnsafe(body))
                        .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, SERVICE)
                        .putProperty(AwsV4HttpSigner.REGION_NAME, region)
                        .putProperty(HttpSigner.SIGNING_CLOCK, clock))
                .request();
    }

    private CompletableFuture<HttpAnswer> send(SdkHttpRequest signed, byte[] body) {
        BodyCollector answer = new BodyCollector();
        CompletableFuture<Void> unused = http.execute(AsyncExecuteRequest.builder()
                        .request(signed)
                        .requestContentPublisher(new RequestBody(body))
                        .responseHandler(answer)
                        .build())
                .whenComplete((done, error) -> {
                    if (error != null) {
                        answer.fail(error);
                    }
                });
        return answer.whole();
    }

    private HttpAnswer accepted(HttpAnswer answer) {
        if (answer.head().isSuccessful()) {
            return answer;
        }
        Refusal refusal = Refusal.of(answer);
        if (CLOCK_REFUSALS.contains(refusal.code())) {
            clock.correct(answer);
        }
        throw refusal.asException(answer);
    }
}
