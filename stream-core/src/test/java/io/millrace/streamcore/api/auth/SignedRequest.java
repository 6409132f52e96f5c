package io.millrace.streamcore.api.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.millrace.streamcore.api.call.ApiRequest;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4FamilyHttpSigner;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.SignRequest;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.identity.spi.AwsSessionCredentialsIdentity;

/** A request signed by the signer of the AWS SDK for Java v2, to be changed afterwards. Belongs to one test. */
final class SignedRequest {
    static final String KEY = "orders-producer";
    static final String SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    private final Map<String, List<String>> headers = new LinkedHashMap<>();
    private String path = "/";
    private String query = "";
    private String authority = "127.0.0.1:4567";
    private byte[] body;
    private InetAddress peer = InetAddress.getLoopbackAddress();

    // How to sign.
    private Instant time;
    private String key = KEY;
    private String secret = SECRET;
    private @Nullable String token;
    private String region = "us-east-1";
    private String service = "kinesis";
    private boolean isPayloadSigned = true;
    private @Nullable Duration expires;

    private SignedRequest(String operation, String body, Instant time) {
        this.body = body.getBytes(UTF_8);
        this.time = time;
        header("Host", authority);
        header("Content-Type", "application/x-amz-json-1.1");
        header("X-Amz-Target", "Kinesis_20131202." + operation);
    }

    static SignedRequest of(String operation, String body, Instant time) {
        return new SignedRequest(operation, body, time);
    }

    SignedRequest header(String name, String... values) {
        headers.put(name.toLowerCase(Locale.ROOT), new ArrayList<>(List.of(values)));
        return this;
    }

    SignedRequest without(String name) {
        headers.remove(name.toLowerCase(Locale.ROOT));
        return this;
    }

    SignedRequest at(String newPath, String newQuery) {
        path = newPath;
        query = newQuery;
        return this;
    }

    /** Sent to this host and port. */
    SignedRequest to(URI endpoint) {
        authority = endpoint.getAuthority();
        return header("Host", authority);
    }

    SignedRequest by(String newKey, String newSecret) {
        key = newKey;
        secret = newSecret;
        return this;
    }

    SignedRequest inSession(String newToken) {
        token = newToken;
        return this;
    }

    SignedRequest scopedTo(String newRegion, String newService) {
        region = newRegion;
        service = newService;
        return this;
    }

    SignedRequest withUnsignedPayload() {
        isPayloadSigned = false;
        return this;
    }

    SignedRequest inQueryFor(Duration lifetime) {
        expires = lifetime;
        return this;
    }

    SignedRequest body(String changed) {
        body = changed.getBytes(UTF_8);
        return this;
    }

    SignedRequest body(byte[] changed) {
        body = changed.clone();
        return this;
    }

    SignedRequest query(String changed) {
        query = changed;
        return this;
    }

    SignedRequest from(InetAddress sender) {
        peer = sender;
        return this;
    }

    String query() {
        return query;
    }

    String first(String name) {
        return headers.getOrDefault(name.toLowerCase(Locale.ROOT), List.of("")).get(0);
    }

    /** Signs what is there; changes after this are changes to a signed request. */
    SignedRequest sign() {
        SdkHttpRequest.Builder request = SdkHttpRequest.builder()
                .method(SdkHttpMethod.POST)
                .uri(URI.create((isPayloadSigned ? "http" : "https") + "://" + authority + path
                        + (query.isEmpty() ? "" : "?" + query)));
        headers.forEach(request::putHeader);
        AwsCredentialsIdentity identity = token == null
                ? AwsCredentialsIdentity.create(key, secret)
                : AwsSessionCredentialsIdentity.create(key, secret, token);
        byte[] signedBody = body;
        SignRequest.Builder<AwsCredentialsIdentity> how = SignRequest.builder(identity)
                .request(request.build())
                .payload(ContentStreamProvider.fromByteArray(signedBody))
                .putProperty(AwsV4FamilyHttpSigner.SERVICE_SIGNING_NAME, service)
                .putProperty(AwsV4HttpSigner.REGION_NAME, region)
                .putProperty(AwsV4FamilyHttpSigner.PAYLOAD_SIGNING_ENABLED, isPayloadSigned)
                .putProperty(HttpSigner.SIGNING_CLOCK, Clock.fixed(time, ZoneOffset.UTC));
        if (expires != null) {
            how.putProperty(AwsV4FamilyHttpSigner.AUTH_LOCATION, AwsV4FamilyHttpSigner.AuthLocation.QUERY_STRING);
            how.putProperty(AwsV4FamilyHttpSigner.EXPIRATION_DURATION, expires);
        }
        SdkHttpRequest signed = AwsV4HttpSigner.create().sign(how.build()).request();
        headers.clear();
        signed.headers().forEach((name, values) -> header(name, values.toArray(new String[0])));
        query = signed.encodedQueryParameters().orElse("");
        path = signed.encodedPath();
        return this;
    }

    /** The request as HTTP/1.1 sends it, in one piece or in chunks, after which the connection is closed. */
    byte[] wire(boolean isChunked) {
        StringBuilder head = new StringBuilder("POST " + path + (query.isEmpty() ? "" : "?" + query) + " HTTP/1.1\r\n");
        headers.forEach((name, values) -> values.forEach(
                value -> head.append(name).append(": ").append(value).append("\r\n")));
        head.append("connection: close\r\n");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (!isChunked) {
            out.writeBytes((head + "content-length: " + body.length + "\r\n\r\n").getBytes(UTF_8));
            out.writeBytes(body);
            return out.toByteArray();
        }
        out.writeBytes((head + "transfer-encoding: chunked\r\n\r\n").getBytes(UTF_8));
        for (byte next : body) {
            out.writeBytes("1\r\n".getBytes(UTF_8));
            out.write(next);
            out.writeBytes("\r\n".getBytes(UTF_8));
        }
        out.writeBytes("0\r\n\r\n".getBytes(UTF_8));
        return out.toByteArray();
    }

    /** The request for a client that sets the host by itself. */
    HttpRequest.Builder http(URI endpoint) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(endpoint.resolve(path + (query.isEmpty() ? "" : "?" + query)));
        headers.forEach((name, values) -> {
            if (!name.equals("host")) {
                values.forEach(value -> request.header(name, value));
            }
        });
        return request.POST(HttpRequest.BodyPublishers.ofByteArray(body));
    }

    ApiRequest request() {
        ByteBuffer content = ByteBuffer.wrap(body);
        return new ApiRequest(peer, "POST", path, query, new Headers(), content, content);
    }

    private final class Headers implements ApiRequest.Headers {
        @Override
        public @Nullable String getOrNull(String name) {
            List<String> values = all(name);
            return values.isEmpty() ? null : values.get(0);
        }

        @Override
        public List<String> all(String name) {
            return headers.getOrDefault(name.toLowerCase(Locale.ROOT), List.of());
        }
    }
}
