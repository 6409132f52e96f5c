package io.millrace.streamcore.api.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.ErrorCode;
import io.millrace.streamcore.api.call.ServiceOperations;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The signer of the AWS SDK for Java v2 against the verifier. */
class SignatureVerifierTest {
    private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");
    private static final String MISMATCH =
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret"
                    + " Access Key and signing method. Consult the service documentation for details.";
    private static final String PUT = "PutRecord";
    private static final Duration DAY = Duration.ofDays(1);

    private final StoppedPlatform platform = new StoppedPlatform(NOW);
    private final AccessKey key = new AccessKey(SignedRequest.KEY, SignedRequest.SECRET, List.of(), null);
    private final SignatureVerifier verifier =
            new SignatureVerifier(() -> new AccessKeys(Map.of(key.id(), key)), "us-east-1", platform);

    private static SignedRequest request() {
        return SignedRequest.of("ListShards", "{\"StreamName\": \"s\"}", NOW);
    }

    private AccessKey verify(SignedRequest request) {
        String operation = request.first("X-Amz-Target").replaceFirst(".*\\.", "");
        return verifier.verify(request.request(), ServiceOperations.kind(operation));
    }

    private ApiException refusal(SignedRequest request) {
        ApiException refused = catchThrowableOfType(ApiException.class, () -> verify(request));
        assertThat(refused).isNotNull();
        return refused;
    }

    private void assertRefused(SignedRequest request, String text) {
        ApiException refused = refusal(request);
        assertThat(refused.text()).contains(text);
        assertThat(refused.code()).isEqualTo(ErrorCode.INVALID_SIGNATURE);
    }

    @Nested
    class Accepted {
        @Test
        void aRequestOfTheSdkIsItsKeys() {
            assertThat(verify(request().sign())).isSameAs(key);
        }

        @Test
        void bodiesOfAnySizeAreCovered() {
            assertThat(verify(request().body("x".repeat(3_000_000)).sign())).isSameAs(key);
        }

        @ParameterizedTest
        @CsvSource({
            "/, ''",
            "/a, ''",
            "/a/b/, b=2&a=1",
            "/a%20b/ü, ''",
            "//a/./b/../c, ''",
            "/, a=1&a=0&A=3&a-b=1&a.b=2",
            "/, q=a%20b%2Bc%2F%C3%BC&empty=&Action=x",
        })
        void pathsAndQueriesAreCovered(String path, String query) {
            String encoded = path.replace("ü", "%C3%BC");
            assertThat(verify(request().at(encoded, query).sign())).isSameAs(key);
        }

        @Test
        void headersOfSeveralValuesAndBlanksAreCovered() {
            SignedRequest request = request()
                    .header("X-Amz-Several", "one", "two")
                    .header("X-Blanks", "  a   b \t c  ")
                    .header("amz-sdk-invocation-id", UUID.randomUUID().toString())
                    .header("User-Agent", "not signed")
                    .sign();
            assertThat(request.first("Authorization")).contains("x-amz-several").contains("x-blanks");
            assertThat(verify(request)).isSameAs(key);
            // Whoever stands in between may change what is not signed.
            assertThat(verify(request.header("User-Agent", "other"))).isSameAs(key);
        }

        /** HTTP/2 has no other host, and the SDK for JavaScript signs it by its own name. */
        @Test
        void theHostMayBeSignedAsTheAuthorityOfHttp2() {
            SignedRequest request =
                    request().header(":authority", "127.0.0.1:4567").sign().without(":authority");
            assertThat(request.first("Authorization")).contains(":authority;");
            assertThat(verify(request)).isSameAs(key);
            assertRefused(request.header("Host", "127.0.0.1:4568"), MISMATCH);
        }

        @Test
        void aSessionTokenIsOneMoreHeader() {
            assertThat(verify(request().inSession("FwoGZXIvYXdzE+/=").sign())).isSameAs(key);
        }

        @Test
        void aBodyThatIsNotCoveredIsTakenWhereTheSignatureSaysSo() {
            SignedRequest request = request().withUnsignedPayload().sign();
            assertThat(request.first("x-amz-content-sha256")).isEqualTo("UNSIGNED-PAYLOAD");
            assertThat(verify(request.body("other"))).isSameAs(key);
            assertRefused(request.without("x-amz-content-sha256"), MISMATCH);
        }

        @ParameterizedTest
        @ValueSource(longs = {-300, -1, 0, 1, 300})
        void clocksMayBeFiveMinutesApart(long seconds) {
            assertThat(verify(SignedRequest.of("ListShards", "{}", NOW.plusSeconds(seconds))
                            .sign()))
                    .isSameAs(key);
        }

        @Test
        void theSigningKeyFollowsTheDay() {
            for (int day = 0; day < 3; day++) {
                assertThat(verify(SignedRequest.of(
                                        "ListShards", "{}", platform.clock().instant())
                                .sign()))
                        .isSameAs(key);
                platform.pass(Duration.ofDays(1));
            }
        }

        @Test
        void aSignatureMayStandInTheQuery() {
            SignedRequest request = request().inQueryFor(Duration.ofMinutes(30)).sign();
            assertThat(request.query()).contains("X-Amz-Signature");
            assertThat(verify(request)).isSameAs(key);
            platform.pass(Duration.ofMinutes(30));
            assertThat(verify(request)).isSameAs(key);
        }
    }

    @Nested
    class Refused {
        @Test
        void aWrongSecret() {
            assertRefused(
                    request().by(SignedRequest.KEY, "another-secret-altogether").sign(), MISMATCH);
        }

        @Test
        void anUnknownKey() {
            ApiException refused =
                    refusal(request().by("nobody", SignedRequest.SECRET).sign());
            assertThat(refused.code()).isEqualTo(ErrorCode.UNRECOGNIZED_CLIENT);
            assertThat(refused.text()).contains("The security token included in the request is invalid.");
        }

        @Test
        void whateverWasChangedAfterwards() {
            List<Consumer<SignedRequest>> changes = List.of(
                    r -> r.body("{\"StreamName\": \"t\"}"),
                    r -> r.header("X-Amz-Target", "Kinesis_20131202.DeleteStream"),
                    r -> r.header("X-Amz-Target", "Kinesis_20131202.ListShards", "Kinesis_20131202.DeleteStream"),
                    r -> r.header("Host", "elsewhere"),
                    r -> r.header("Content-Type", "application/x-amz-cbor-1.1"),
                    r -> r.without("Content-Type"),
                    r -> r.at("/x", ""),
                    r -> r.query("a=1"),
                    r -> r.header("X-Amz-Date", "20261121T120001Z"),
                    r -> r.header(
                            "Authorization",
                            r.first("Authorization").replaceFirst("Signature=.", "Signature=" + otherDigit(r))),
                    r -> r.header(
                            "Authorization", r.first("Authorization").replaceFirst("Signature=.*", "Signature=0")),
                    r -> r.header(
                            "Authorization",
                            r.first("Authorization").replaceFirst("Signature=.*", "Signature=" + "zz".repeat(32))));
            for (int i = 0; i < changes.size(); i++) {
                SignedRequest request = request().sign();
                assertThat(verify(request)).isSameAs(key);
                changes.get(i).accept(request);
                assertThat(refusal(request).text()).as("change %d", i).contains(MISMATCH);
            }
        }

        private static char otherDigit(SignedRequest request) {
            return request.first("Authorization").contains("Signature=0") ? '1' : '0';
        }

        @Test
        void aTargetThatIsNotSigned() {
            SignedRequest request = request().without("X-Amz-Target").sign();
            assertRefused(
                    request.header("X-Amz-Target", "Kinesis_20131202.DeleteStream"),
                    "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.");
        }

        @ParameterizedTest
        @CsvSource({"host;, 'Host' or ':authority' must be", "x-amz-date;, 'X-Amz-Date' must be"})
        void listsThatLeaveOutWhatHasToBeSigned(String left, String text) {
            SignedRequest request = request().sign();
            request.header("Authorization", request.first("Authorization").replace(left, ""));
            assertThat(refusal(request).text().orElse("")).startsWith(text);
        }

        @Test
        void anOldSignature() {
            SignedRequest request =
                    SignedRequest.of("ListShards", "{}", NOW.minusSeconds(301)).sign();
            assertRefused(
                    request,
                    "Signature expired: 20261121T115459Z is now earlier than 20261121T115500Z (20261121T120000Z - 5"
                            + " min.)");
        }

        @Test
        void aSignatureOfTheFuture() {
            SignedRequest request =
                    SignedRequest.of("ListShards", "{}", NOW.plusSeconds(301)).sign();
            assertRefused(
                    request,
                    "Signature not yet current: 20261121T120501Z is still later than 20261121T120500Z"
                            + " (20261121T120000Z + 5 min.)");
        }

        @ParameterizedTest
        @CsvSource({
            "eu-west-1, kinesis, Credential should be scoped to a valid region",
            "us-east-1, dynamodb, Credential should be scoped to correct service: 'kinesis'."
        })
        void anotherScope(String region, String service, String text) {
            assertThat(refusal(request().scopedTo(region, service).sign())
                            .text()
                            .orElse(""))
                    .startsWith(text);
        }

        @Test
        void aScopeOfAnotherDay() {
            SignedRequest request = request().sign();
            request.header("Authorization", request.first("Authorization").replace("20261121", "20261120"));
            assertThat(refusal(request).text().orElse("")).startsWith("Date in Credential scope does not match");
        }

        @ParameterizedTest
        @CsvSource({
            "AWS4-HMAC-SHA256, AWS4-HMAC-SHA1, Unsupported AWS 'algorithm'",
            "/aws4_request, '', Credential must have exactly 5 slash-delimited elements"
        })
        void authorizationsOfAnotherForm(String part, String other, String text) {
            SignedRequest request = request().sign();
            request.header("Authorization", request.first("Authorization").replace(part, other));
            assertThat(refusal(request).code()).isEqualTo(ErrorCode.INCOMPLETE_SIGNATURE);
            assertThat(refusal(request).text().orElse("")).startsWith(text);
        }

        @ParameterizedTest
        @ValueSource(strings = {"yesterday", "20261121", "20261321T120000Z", "2026112xT120000Z", "Sat, 21 Nov"})
        void datesOfAnotherForm(String date) {
            assertThat(refusal(request().sign().header("X-Amz-Date", date))
                            .text()
                            .orElse(""))
                    .startsWith("Date must be in ISO-8601 'basic format'.");
        }

        @Test
        void aHashThatIsNotTheBodys() {
            SignedRequest request = request().header("x-amz-content-sha256", "0".repeat(64));
            assertRefused(request.sign().header("x-amz-content-sha256", "0".repeat(64)), MISMATCH);
        }

        @Test
        void aBodySignedPieceByPiece() {
            SignedRequest request =
                    request().sign().header("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
            assertThat(refusal(request).text().orElse("")).contains("sign the SHA-256 of the whole body");
        }

        @Test
        void aSignatureInTheQueryThatExpired() {
            SignedRequest request = request().inQueryFor(Duration.ofMinutes(30)).sign();
            platform.pass(Duration.ofMinutes(30).plusSeconds(1));
            assertThat(refusal(request).text().orElse(""))
                    .isEqualTo("Signature expired: 20261121T120000Z is now earlier than 20261121T120001Z"
                            + " (20261121T123001Z - 30 min.)");
        }

        @ParameterizedTest
        @ValueSource(strings = {"0", "-1", "604801", "9999999999", "soon"})
        void lifetimesBeyondAWeek(String seconds) {
            SignedRequest request = request().inQueryFor(Duration.ofMinutes(30)).sign();
            request.query(request.query().replace("X-Amz-Expires=1800", "X-Amz-Expires=" + seconds));
            assertThat(refusal(request).code()).isEqualTo(ErrorCode.INCOMPLETE_SIGNATURE);
        }

        @Test
        void aQueryThatWasChangedAfterwards() {
            SignedRequest longer = request().inQueryFor(Duration.ofMinutes(30)).sign();
            longer.query(longer.query().replace("X-Amz-Expires=1800", "X-Amz-Expires=86400"));
            assertRefused(longer, MISMATCH);
            SignedRequest more = request().inQueryFor(Duration.ofMinutes(30)).sign();
            assertRefused(more.query(more.query() + "&more=1"), MISMATCH);
            SignedRequest body = request().inQueryFor(Duration.ofMinutes(30)).sign();
            assertRefused(body.body("{}"), MISMATCH);
        }
    }

    @Nested
    class Replayed {
        private SignedRequest put() {
            return SignedRequest.of(PUT, "{\"StreamName\": \"s\"}", NOW);
        }

        @ParameterizedTest
        @ValueSource(strings = {PUT, "PutRecords", "CreateStream", "DeleteStream", "UpdateShardCount"})
        void aRequestThatChangesSomethingIsTakenOnce(String operation) {
            SignedRequest request = SignedRequest.of(operation, "{}", NOW).sign();
            verify(request);
            for (int i = 0; i < 3; i++) {
                assertThat(refusal(request).text().orElse("")).startsWith("This request came before");
                platform.pass(Duration.ofSeconds(90));
            }
        }

        @Test
        void aRequestThatReadsMayComeAgain() {
            SignedRequest request = request().sign();
            verify(request);
            assertThat(verify(request)).isSameAs(key);
        }

        @Test
        void anotherIdThatIsSignedMakesAnotherSignature() {
            for (int i = 0; i < 5; i++) {
                SignedRequest request =
                        put().header("amz-sdk-invocation-id", "id-" + i).sign();
                assertThat(verify(request)).isSameAs(key);
                assertThat(refusal(request).text().orElse("")).startsWith("This request came before");
            }
        }

        @Test
        void anotherIdThatIsNotSignedCountsForTwoSeconds() {
            SignedRequest request = put().sign();
            verify(request.header("amz-sdk-invocation-id", "one").header("amz-sdk-request", "attempt=1"));
            // Another put of the same second, then another try of it: both honest.
            verify(request.header("amz-sdk-invocation-id", "two"));
            verify(request.header("amz-sdk-request", "attempt=2"));
            assertThat(refusal(request).text().orElse("")).startsWith("This request came before");
            platform.pass(Duration.ofSeconds(3));
            request.header("amz-sdk-invocation-id", "three");
            assertThat(refusal(request).text().orElse("")).startsWith("This request came before");
        }

        @Test
        void whatWasRefusedDoesNotCount() {
            SignedRequest request = put().sign();
            String body = "{\"StreamName\": \"s\"}";
            assertRefused(request.body("{}"), MISMATCH);
            assertThat(verify(request.body(body))).isSameAs(key);
        }

        /** A thief of the request sends it from elsewhere, with another id. */
        @Test
        void anotherIdThatIsNotSignedCountsFromTheSameAddressAlone() throws Exception {
            SignedRequest request = put().sign();
            InetAddress client = InetAddress.getByName("192.0.2.7");
            InetAddress thief = InetAddress.getByName("192.0.2.8");
            verify(request.header("amz-sdk-invocation-id", "one").from(client));
            for (String id : List.of("two", "three")) {
                request.header("amz-sdk-invocation-id", id).from(thief);
                assertThat(refusal(request).text().orElse("")).startsWith("This request came before");
            }
            assertThat(verify(request.from(client))).isSameAs(key);
        }

        @ParameterizedTest
        @ValueSource(strings = {PUT, "PutRecords", "CreateStream", "DeleteStream"})
        void aSignatureInTheQueryIsTakenOnceWhateverItsLife(String operation) {
            SignedRequest request = SignedRequest.of(operation, "{}", NOW)
                    .inQueryFor(Duration.ofDays(7))
                    .sign();
            verify(request);
            for (Duration pause :
                    List.of(Duration.ZERO, Duration.ofSeconds(1), Duration.ofMinutes(4), Duration.ofMinutes(10), DAY)) {
                platform.pass(pause);
                request.header("amz-sdk-invocation-id", UUID.randomUUID().toString());
                assertThat(refusal(request).code()).isEqualTo(ErrorCode.INVALID_SIGNATURE);
            }
        }

        @Test
        void aChangeThatIsSignedInTheQueryIsGoodForMinutes() {
            SignedRequest request = put().inQueryFor(Duration.ofDays(7)).sign();
            platform.pass(Duration.ofMinutes(5));
            assertThat(verify(request)).isSameAs(key);
            SignedRequest late = SignedRequest.of(PUT, "{}", NOW)
                    .inQueryFor(Duration.ofDays(7))
                    .sign();
            platform.pass(Duration.ofSeconds(1));
            assertRefused(
                    late,
                    "Signature expired: 20261121T120000Z is now earlier than 20261121T120001Z (20261121T120501Z - 5 min.)"
                            + " Requests that change something are not taken later.");
        }

        @Test
        void aReadThatIsSignedInTheQueryIsMeantToBeUsedAgain() {
            SignedRequest request = request().inQueryFor(Duration.ofDays(7)).sign();
            for (int i = 0; i < 7; i++) {
                assertThat(verify(request)).isSameAs(key);
                platform.pass(DAY);
            }
        }
    }

    @Test
    void aKeyThatWasTakenAwayIsUnknownAtOnce() {
        AtomicReference<AccessKeys> keys = new AtomicReference<>(new AccessKeys(Map.of(key.id(), key)));
        SignatureVerifier live = new SignatureVerifier(keys::get, "us-east-1", platform);
        assertThat(live.verify(request().sign().request(), Optional.empty())).isSameAs(key);
        keys.set(new AccessKeys(Map.of()));
        ApiException refused = catchThrowableOfType(
                ApiException.class, () -> live.verify(request().sign().request(), Optional.empty()));
        assertThat(refused.code()).isEqualTo(ErrorCode.UNRECOGNIZED_CLIENT);
    }
}
