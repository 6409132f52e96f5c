package io.millrace.streamcore.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.runtime.SystemPlatform;
import io.millrace.streamcore.api.call.ApiAnswer;
import io.millrace.streamcore.api.call.ApiRequest;
import io.millrace.streamcore.api.operate.MemoryShortage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that take more than they may, on real sockets; what is refused is heard of. */
class HttpAbuseTest {
    private static final Duration SHORT = Duration.ofMillis(200);
    private static final Duration LONG = Duration.ofMinutes(10);
    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    private static final byte[] EMPTY_SETTINGS = {0, 0, 0, 4, 0, 0, 0, 0, 0};
    private static final int ENHANCE_YOUR_CALM = 0xb;
    private static final int REFUSED_STREAM = 7;
    private static final int RST_STREAM = 3;
    private static final int GOAWAY = 7;
    private static final int WINDOW_UPDATE = 8;
    private static final int MAX_STREAMS = 4;

    private final BlockingQueue<String> refusals = new LinkedBlockingQueue<>();
    private final BlockingQueue<CompletableFuture<ApiAnswer>> held = new LinkedBlockingQueue<>();

    @SuppressWarnings("NullAway.Init") // set by each test
    private HttpServer.Bound bound;

    private void listen(int maxPerSource, Duration header, Duration request) throws IOException {
        HttpLimits limits = new HttpLimits(
                1000, 20, 100, maxPerSource, MAX_STREAMS, LONG, header, request, LONG, Duration.ofSeconds(1));
        bound = HttpServer.start(
                new HttpSettings("127.0.0.1", 0, OptionalInt.empty(), null, limits),
                this::handle,
                (peer, status, reason) -> refusals.add(peer.getHostAddress() + " " + status + " " + reason),
                new MemoryShortage(new SystemPlatform().ticker()),
                new SystemPlatform());
    }

    @AfterEach
    void stop() {
        // A request that is answered later than the server closes cannot give back.
        held.forEach(answer -> answer.complete(ok()));
        bound.server().close();
        assertThat(bound.server().requestBytes()).as("held by requests").isZero();
        assertThat(bound.server().answerBytes()).as("held by answers").isZero();
    }

    /** Bodies that say hold are not answered before the test ends. */
    private CompletableFuture<ApiAnswer> handle(ApiRequest request) {
        if (!UTF_8.decode(request.body()).toString().equals("hold")) {
            return CompletableFuture.completedFuture(ok());
        }
        CompletableFuture<ApiAnswer> answer = new CompletableFuture<>();
        held.add(answer);
        return answer;
    }

    private static ApiAnswer ok() {
        return ApiAnswer.whole(200, Map.of(), out -> out.write("ok".getBytes(UTF_8)));
    }

    private void assertHeard(String refusal) throws InterruptedException {
        assertThat(refusals.poll(20, TimeUnit.SECONDS)).isEqualTo("127.0.0.1 " + refusal);
    }

    private static String post(String headers, String body) {
        return "POST / HTTP/1.1\r\nHost: x\r\n" + headers + "Content-Length: " + body.length() + "\r\n\r\n" + body;
    }

    @Test
    void tooManyHeaderFieldsAreRefused() throws Exception {
        listen(10, LONG, LONG);
        try (RawClient client = RawClient.plain(bound.main())) {
            assertThat(client.send(post("a: b\r\n".repeat(18), "x")).read().status())
                    .isEqualTo(200);
            assertThat(client.send(post("a: b\r\n".repeat(19), "x")).read().status())
                    .isEqualTo(431);
            client.awaitEnd();
        }
        assertHeard("431 Request Header Fields Too Large");
    }

    @Test
    void aBodyBeyondTheLimitIsHeardOf() throws Exception {
        listen(10, LONG, LONG);
        try (RawClient client = RawClient.plain(bound.main())) {
            assertThat(client.send(post("", "x".repeat(1001))).read().status()).isEqualTo(413);
        }
        assertHeard("413 Request Entity Too Large");
    }

    @ParameterizedTest
    @ValueSource(strings = {"P", "POST / HTTP/1.1\r\nHost: x\r\n", "POST / HTTP/1.1\r\nHost: x\r\nA: "})
    void aHeaderThatDoesNotEndIsCut(String begun) throws Exception {
        listen(10, SHORT, LONG);
        try (RawClient client = RawClient.plain(bound.main())) {
            client.send(begun).awaitEnd();
        }
        assertHeard("0 SlowRequest");
    }

    @Test
    void aSecondHeaderThatDoesNotEndIsCutAndIdlenessIsNot() throws Exception {
        listen(10, SHORT, LONG);
        try (RawClient idle = RawClient.plain(bound.main());
                RawClient client = RawClient.plain(bound.main())) {
            assertThat(idle.send(post("", "x")).read().status()).isEqualTo(200);
            assertThat(client.send(post("", "x")).read().status()).isEqualTo(200);
            client.send("POST / HTTP/1.1\r\n").awaitEnd();
            assertHeard("0 SlowRequest");
            assertThat(idle.send(post("", "x")).read().status()).isEqualTo(200);
        }
    }

    /** HEADERS without END_HEADERS, after which only more of the header may come. */
    @Test
    void aHeaderOfHttp2ThatDoesNotEndIsCutAndIdlenessIsNot() throws Exception {
        listen(10, SHORT, LONG);
        try (RawClient idle = RawClient.plain(bound.main());
                RawClient client = RawClient.plain(bound.main())) {
            idle.send(PREFACE).send(EMPTY_SETTINGS);
            client.send(PREFACE).send(EMPTY_SETTINGS).send(frame(1, 0, 1, new byte[] {(byte) 0x83}));
            client.awaitEnd();
            assertHeard("0 SlowRequest");
            idle.send(headers(1)).send(data(1, "x"));
            assertThat(payloadOf(0, idle)).asString(UTF_8).isEqualTo("ok");
        }
    }

    @Test
    void aBodyThatDoesNotEndIsCut() throws Exception {
        listen(10, LONG, SHORT);
        try (RawClient client = RawClient.plain(bound.main())) {
            client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
                    .awaitEnd();
        }
        assertHeard("0 SlowRequest");
    }

    @Test
    void oneSourceHasItsShareOfConnectionsAndGetsItBack() throws Exception {
        listen(2, LONG, LONG);
        try (RawClient first = RawClient.plain(bound.main())) {
            assertThat(first.send(post("", "x")).read().status()).isEqualTo(200);
            try (RawClient second = RawClient.plain(bound.main());
                    RawClient third = RawClient.plain(bound.main())) {
                third.awaitEnd();
                assertHeard("0 TooManyConnections");
                assertThat(second.send(post("Connection: close\r\n", "x"))
                                .read()
                                .status())
                        .isEqualTo(200);
                second.awaitEnd();
            }
            assertThat(bound.server().connections()).isLessThanOrEqualTo(2);
        }
    }

    @Test
    void streamsBeyondTheLimitAreRefused() throws Exception {
        listen(10, LONG, LONG);
        try (RawClient client = RawClient.plain(bound.main())) {
            client.send(PREFACE).send(EMPTY_SETTINGS);
            for (int i = 0; i <= MAX_STREAMS; i++) {
                client.send(headers(2 * i + 1)).send(data(2 * i + 1, "hold"));
            }
            assertThat(payloadOf(RST_STREAM, client)).endsWith((byte) REFUSED_STREAM);
        }
    }

    @Test
    void streamsMadeAndDroppedWithoutEndEndTheConnection() throws Exception {
        listen(10, LONG, LONG);
        try (RawClient client = RawClient.plain(bound.main())) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            for (int i = 0; i < 2 * MAX_STREAMS + 2; i++) {
                all.writeBytes(headers(2 * i + 1));
                all.writeBytes(frame(RST_STREAM, 0, 2 * i + 1, new byte[] {0, 0, 0, 8}));
            }
            client.send(PREFACE).send(EMPTY_SETTINGS).send(all.toByteArray());
            assertThat(payloadOf(GOAWAY, client)[7]).isEqualTo((byte) ENHANCE_YOUR_CALM);
            client.awaitEnd();
        }
        assertHeard("0 Http2Flood");
    }

    /** By frames that are wrong for their stream alone, so that the server is the one that resets it (CVE-2025-8671). */
    @Test
    void resetsThatTheClientProvokesEndTheConnection() throws Exception {
        listen(10, LONG, LONG);
        try (RawClient client = RawClient.plain(bound.main())) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            for (int i = 0; i < 2 * MAX_STREAMS + 2; i++) {
                all.writeBytes(headers(2 * i + 1));
                all.writeBytes(frame(WINDOW_UPDATE, 0, 2 * i + 1, new byte[4]));
            }
            client.send(PREFACE).send(EMPTY_SETTINGS).send(all.toByteArray());
            assertThat(payloadOf(GOAWAY, client)[7]).isEqualTo((byte) ENHANCE_YOUR_CALM);
            client.awaitEnd();
        }
        assertHeard("0 Http2Flood");
    }

    @ParameterizedTest
    @ValueSource(strings = {"pings", "settings"})
    void aFloodOfFramesThatWantAnAnswerEndsTheConnection(String what) throws Exception {
        listen(10, LONG, LONG);
        byte[] frame = what.equals("pings") ? frame(6, 0, 0, new byte[8]) : EMPTY_SETTINGS;
        try (RawClient client = RawClient.plain(bound.main())) {
            client.send(PREFACE).send(EMPTY_SETTINGS);
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            for (int i = 0; i < 1_000; i++) {
                all.writeBytes(frame);
            }
            client.send(all.toByteArray());
            assertThat(payloadOf(GOAWAY, client)[7]).isEqualTo((byte) ENHANCE_YOUR_CALM);
            client.awaitEnd();
        }
        assertHeard("0 Http2Flood");
    }

    @Test
    void versionsOfTlsBefore12AreRefused() throws Exception {
        listen(10, LONG, LONG);
        try (RawClient client = RawClient.plain(bound.main())) {
            byte[] alert = client.send(clientHello(2)).readBytes(7);
            assertThat(alert[0]).as("an alert").isEqualTo((byte) 0x15);
            assertThat(alert[6]).as("protocol_version").isEqualTo((byte) 70);
        }
        try (RawClient client = RawClient.plain(bound.main())) {
            assertThat(client.send(clientHello(3)).readBytes(1)[0])
                    .as("a handshake")
                    .isEqualTo((byte) 0x16);
        }
    }

    /** A hello of TLS 1.{@code minor - 1}, with a cipher that both ends had then. */
    private static byte[] clientHello(int minor) {
        byte[] hello = new byte[] {
            // TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA and _GCM_SHA256; no compression.
            3,
            (byte) minor,
            0,
            0,
            4,
            (byte) 0xc0,
            0x09,
            (byte) 0xc0,
            0x2b,
            1,
            0,
            // Extensions: supported groups P-256, uncompressed points, signatures by ECDSA with SHA-256 and SHA-1.
            0,
            24,
            0,
            10,
            0,
            4,
            0,
            2,
            0,
            23,
            0,
            11,
            0,
            2,
            1,
            0,
            0,
            13,
            0,
            6,
            0,
            4,
            4,
            3,
            2,
            3,
        };
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.write(hello, 0, 2);
        body.writeBytes(new byte[32]);
        body.write(hello, 2, hello.length - 2);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {0x16, 3, 1, 0, (byte) (body.size() + 4), 1, 0, 0, (byte) body.size()});
        out.writeBytes(body.toByteArray());
        return out.toByteArray();
    }

    /** POST, http, path /, authority x. */
    private static byte[] headers(int stream) {
        return frame(1, 4, stream, new byte[] {(byte) 0x83, (byte) 0x86, (byte) 0x84, 1, 1, 'x'});
    }

    private static byte[] data(int stream, String text) {
        return frame(0, 1, stream, text.getBytes(UTF_8));
    }

    private static byte[] frame(int type, int flags, int stream, byte[] payload) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {0, 0, (byte) payload.length, (byte) type, (byte) flags, 0, 0, 0, (byte) stream});
        out.writeBytes(payload);
        return out.toByteArray();
    }

    /** Reads frames up to the first of this type. */
    private static byte[] payloadOf(int type, RawClient client) throws IOException {
        while (true) {
            byte[] header = client.readBytes(9);
            byte[] payload = client.readBytes(((header[1] & 0xff) << 8) | (header[2] & 0xff));
            if (header[3] == type) {
                return payload;
            }
        }
    }
}
