package io.millrace.streamcore.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import io.millrace.streamcore.api.call.ApiAnswer;
import io.millrace.streamcore.api.call.ApiRequest;
import io.millrace.streamcore.api.call.TokenSeal;
import io.millrace.streamcore.stream.Streams;
import io.millrace.streamcore.stream.StreamsSettings;
import io.millrace.streamcore.stream.account.Account;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/** The API over streams in a folder, without sockets. */
final class ApiRig implements AutoCloseable {
    static final String JSON = "application/x-amz-json-1.1";
    static final String ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/";

    private final Path folder;
    private final UnaryOperator<StreamsSettings> settings;
    private Streams streams;
    private KinesisApi api;

    ApiRig(Path folder) throws IOException {
        this(folder, settings -> settings.withTransitionTime(Duration.ZERO));
    }

    ApiRig(Path folder, UnaryOperator<StreamsSettings> settings) throws IOException {
        this(folder, settings, new SystemPlatform());
    }

    /** The same by the clock of {@code platform}. */
    ApiRig(Path folder, UnaryOperator<StreamsSettings> settings, Platform platform) throws IOException {
        this.folder = folder;
        this.settings = settings;
        this.streams = Streams.open(settings.apply(StreamsSettings.in(folder, platform)));
        this.api = api(platform);
    }

    private KinesisApi api(Platform platform) throws IOException {
        return new KinesisApi(
                streams,
                new Account("us-east-1", "000000000000"),
                TokenSeal.of(folder.resolve("key")),
                platform,
                ApiOptions.NONE);
    }

    void restart() throws IOException {
        streams.close();
        Platform platform = new SystemPlatform();
        streams = Streams.open(settings.apply(StreamsSettings.in(folder, platform)));
        api = api(platform);
    }

    /** Calls an operation with JSON whose quotes are single. */
    Reply call(String operation, String json) throws Exception {
        return send("POST", "", signed(operation), json.replace('\'', '"').getBytes(UTF_8));
    }

    /** Calls an operation that must succeed. */
    String ok(String operation, String json) throws Exception {
        Reply reply = call(operation, json);
        if (reply.status() != 200) {
            throw new AssertionError(operation + " " + json + " was answered " + reply.status() + " " + reply.body());
        }
        return reply.body();
    }

    static Map<String, String> signed(String operation) {
        return Map.of(
                "Content-Type",
                JSON,
                "X-Amz-Target",
                "Kinesis_20131202." + operation,
                "X-Amz-Date",
                "20260101T000000Z",
                "Authorization",
                "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host,"
                        + " Signature=0");
    }

    Reply send(String method, String query, Map<String, String> headers, byte[] body) throws Exception {
        Map<String, String> byName = new HashMap<>();
        headers.forEach((name, value) -> byName.put(name.toLowerCase(Locale.ROOT), value));
        ApiRequest request = new ApiRequest(
                InetAddress.getLoopbackAddress(),
                method,
                "/any",
                query,
                name -> byName.get(name.toLowerCase(Locale.ROOT)),
                ByteBuffer.wrap(body));
        ApiAnswer answer = api.apply(request).get(20, TimeUnit.SECONDS);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ((ApiAnswer.Whole) answer.body()).writeTo(out);
        // CBOR as one character a byte.
        boolean isCbor = "application/x-amz-cbor-1.1".equals(answer.headers().get("content-type"));
        return new Reply(answer.status(), answer.headers(), out.toString(isCbor ? ISO_8859_1 : UTF_8));
    }

    @Override
    public void close() {
        streams.close();
    }

    record Reply(int status, Map<String, String> headers, String body) {}
}
