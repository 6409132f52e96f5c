package io.millrace.fanout.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.identity.spi.AwsSessionCredentialsIdentity;

/** Signatures are those of the SDK's signer. */
class RequestSignerTest {
    private static final String SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    private final RequestSigner signer = new RequestSigner("eu-west-3", "kinesis");
    private final AwsV4HttpSigner sdk = AwsV4HttpSigner.create();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://kinesis.eu-west-3.amazonaws.com",
                "https://123456789012.data-kinesis.eu-west-3.amazonaws.com/",
                "http://127.0.0.1:4567",
                "http://localhost:80/some/path_1/",
                "https://localhost:443/a-b~c"
            })
    void signaturesAreThoseOfTheSdk(String endpoint) {
        SplittableRandom random = new SplittableRandom(4);
        Instant now = Instant.parse("2026-02-28T23:59:58Z");
        for (int i = 0; i < 20; i++) {
            byte[] body = "x".repeat(random.nextInt(300)).getBytes(StandardCharsets.UTF_8);
            AwsCredentialsIdentity identity = i % 2 == 0
                    ? AwsCredentialsIdentity.create("AKID" + i / 4, SECRET + i / 4)
                    : AwsSessionCredentialsIdentity.create("AKID" + i / 4, SECRET + i / 4, "token/+=" + i);
            assertSame(URI.create(endpoint), body, identity, now.plusSeconds(i));
        }
    }

    @Test
    void keyIsMadeAnewForAnotherSecretAndAnotherDay() {
        URI endpoint = URI.create("https://kinesis.eu-west-3.amazonaws.com");
        Instant evening = Instant.parse("2026-12-31T23:59:59Z");
        AwsCredentialsIdentity one = AwsCredentialsIdentity.create("AKID", SECRET);
        AwsCredentialsIdentity other = AwsCredentialsIdentity.create("AKID", SECRET + "2");
        for (Instant now : new Instant[] {evening, evening.plusSeconds(1), evening}) {
            assertSame(endpoint, new byte[] {1}, one, now);
            assertSame(endpoint, new byte[] {1}, other, now);
        }
    }

    @Test
    void whatHasAnotherCanonicalFormIsLeftToTheSdk() {
        AwsCredentialsIdentity identity = AwsCredentialsIdentity.create("AKID", SECRET);
        assertThat(RequestSigner.canSign(URI.create("http://host"), identity)).isTrue();
        assertThat(RequestSigner.canSign(URI.create("http://host/a/b/"), identity))
                .isTrue();
        for (String odd : new String[] {"/a%20b", "//", "/a//b", "/a/../b", "/a.b", "/?x=1", "/a:b"}) {
            assertThat(RequestSigner.canSign(URI.create("http://host" + odd), identity))
                    .as(odd)
                    .isFalse();
        }
    }

    private void assertSame(URI endpoint, byte[] body, AwsCredentialsIdentity identity, Instant now) {
        SdkHttpRequest request = SdkHttpRequest.builder()
                .method(SdkHttpMethod.POST)
                .uri(endpoint)
                .putHeader("Content-Type", "application/x-amz-cbor-1.1")
                .putHeader("X-Amz-Target", "Kinesis_20131202.GetRecords")
                .build();
        SdkHttpRequest expected = sdk.sign(it -> it.identity(identity)
                        .request(request)
                        .payload(ContentStreamProvider.fromByteArray(body))
                        .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "kinesis")
                        .putProperty(AwsV4HttpSigner.REGION_NAME, "eu-west-3")
                        .putProperty(HttpSigner.SIGNING_CLOCK, Clock.fixed(now, ZoneOffset.UTC)))
                .request();
        String host = expected.firstMatchingHeader("Host").orElseThrow();
        Map<String, String> covered = Map.of(
                "host", host,
                "content-type", "application/x-amz-cbor-1.1",
                "x-amz-target", "Kinesis_20131202.GetRecords");
        assertThat(RequestSigner.canSign(endpoint, identity)).isTrue();
        Map<String, String> added = signer.sign(endpoint, covered, body, identity, now);
        added.forEach((name, value) ->
                assertThat(expected.firstMatchingHeader(name)).as(name).contains(value));
    }
}
