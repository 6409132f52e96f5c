package io.millrace.streamcore.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.runtime.SystemPlatform;
import io.millrace.streamcore.api.call.ApiAnswer;
import io.millrace.streamcore.api.call.ApiRequest;
import io.millrace.streamcore.http.RawClient.Answer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The sockets, with a handler that echoes the body in capitals; the body {@code hold} waits until the test lets it go.
 */
class HttpServerTest {
    private static final int MAX_BODY = 100_000;
    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    private static final byte[] EMPTY_SETTINGS = {0, 0, 0, 4, 0, 0, 0, 0, 0};
    private static final int FRAME_HEADER = 9;
    private static final int DATA = 0;
    private static final int GOAWAY = 7;

    private final BlockingQueue<CompletableFuture<ApiAnswer>> held = new LinkedBlockingQueue<>();

    @SuppressWarnings("NullAway.Init") // set before each test
    private HttpServer.Bound bound;

    @SuppressWarnings("NullAway.Init") // set before each test
    private InetSocketAddress address;

    @BeforeEach
    void start() throws IOException {
        bound = listen(1000);
        address = bound.main();
    }

    private HttpServer.Bound listen(int maxConnections) throws IOException {
        HttpLimits limits = new HttpLimits(
                MAX_BODY,
                200,
                maxConnections,
                maxConnections,
                2048,
                Duration.ofMinutes(1),
                Duration.ofMinutes(1),
                Duration.ofMinutes(1),
                Duration.ofMinutes(1),
                Duration.ofSeconds(20));
        HttpSettings settings = new HttpSettings("127.0.0.1", 0, OptionalInt.empty(), null, limits);
        return HttpServer.start(settings, this::handle, new SystemPlatform());
    }

    @AfterEach
    void stop() {
        bound.server().close();
        assertThat(bound.server().requestBytes()).as("held by requests").isZero();
        assertThat(bound.server().answerBytes()).as("held by answers").isZero();
    }

    private CompletableFuture<ApiAnswer> handle(ApiRequest request) {
        byte[] bytes = new byte[request.body().remaining()];
        request.body().get(bytes);
        String body = new String(bytes, UTF_8);
        if (body.equals("hold")) {
            CompletableFuture<ApiAnswer> answer = new CompletableFuture<>();
            held.add(answer);
            return answer;
        }
        return CompletableFuture.completedFuture(echo(body));
    }

    private static ApiAnswer echo(String body) {
        byte[] echo = body.toUpperCase(java.util.Locale.ROOT).getBytes(UTF_8);
        return ApiAnswer.whole(200, Map.of("x-test", "yes"), out -> out.write(echo));
    }

    @Test
    void aConnectionIsKeptAliveForRequestAfterRequest() throws Exception {
        try (RawClient client = RawClient.plain(address)) {
            for (int i = 0; i < 20; i++) {
                Answer answer = client.send(post("body" + i)).read();
                assertThat(answer.status()).isEqualTo(200);
                assertThat(answer.body()).isEqualTo("BODY" + i);
                assertThat(answer.headers()).containsEntry("x-test", "yes").doesNotContainKey("connection");
            }
        }
    }

    @Test
    void pipelinedRequestsAreAnsweredInTheirOrder() throws Exception {
        try (RawClient client = RawClient.plain(address)) {
            StringBuilder all = new StringBuilder(post("hold"));
            for (int i = 0; i < 500; i++) {
                all.append(post("body" + i));
            }
            client.send(all.toString());
            held().complete(echo("first"));

            assertThat(client.read().body()).isEqualTo("FIRST");
            for (int i = 0; i < 500; i++) {
                assertThat(client.read().body()).isEqualTo("BODY" + i);
            }
            assertThat(client.send(post("last")).read().body()).isEqualTo("LAST");
        }
    }

    @Test
    void bytesMayComeOneByOne() throws Exception {
        try (RawClient client = RawClient.plain(address)) {
            for (byte next : post("slow").getBytes(ISO_8859_1)) {
                client.send(new byte[] {next});
            }
            assertThat(client.read().body()).isEqualTo("SLOW");
        }
    }

    @Test
    void chunkedAndPackedBodiesAreTaken() throws Exception {
        try (RawClient client = RawClient.plain(address)) {
            client.send(
                    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
            assertThat(client.read().body()).isEqualTo("ABCDE");
            byte[] packed = gzip("packed");
            client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: " + packed.length
                            + "\r\n\r\n")
                    .send(packed);
            assertThat(client.read().body()).isEqualTo("PACKED");
        }
    }

    @Test
    void aBodyThatIsNotAsPackedAsItSaysIsPassedOnAsItIs() throws Exception {
        try (RawClient client = RawClient.plain(address)) {
            client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain");
            assertThat(client.read().body()).isEqualTo("PLAIN");
            assertThat(client.send(post("next")).read().body()).isEqualTo("NEXT");
        }
    }

    @Test
    void aBodyThatUnpacksBeyondTheLimitIsRefused() throws Exception {
        try (RawClient client = RawClient.plain(address)) {
            byte[] packed = gzip("x".repeat(MAX_BODY + 1));
            client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: " + packed.length
                            + "\r\n\r\n")
                    .send(packed);
            assertThat(client.read().status()).isEqualTo(413);
            client.awaitEnd();
        }
    }

    @Test
    void theLimitOfABodyIsExact() throws Exception {
        try (RawClient client = RawClient.plain(address)) {
            assertThat(client.send(post("x".repeat(MAX_BODY))).read().status()).isEqualTo(200);
            Answer refused = client.send(post("x".repeat(MAX_BODY + 1))).read();
            assertThat(refused.status()).isEqualTo(413);
            assertThat(refused.headers()).containsEntry("connection", "close");
            client.awaitEnd();
        }
    }

    @Test
    void aChunkedBodyBeyondTheLimitIsRefused() throws Exception {
        String chunk = "4000\r\n" + "x".repeat(0x4000) + "\r\n";
        try (RawClient client = RawClient.plain(address)) {
            client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (int i = 0; i < 20; i++) {
                client.send(chunk);
            }
            client.send("0\r\n\r\n");
            assertThat(client.read().status()).isEqualTo(413);
            client.awaitEnd();
        }
    }

    @Test
    void aClientThatAsksFirstIsToldToGoOnOrNot() throws Exception {
        try (RawClient client = RawClient.plain(address)) {
            client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
            assertThat(client.read().status()).isEqualTo(100);
            assertThat(client.send("ok").read().body()).isEqualTo("OK");
            client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 200000\r\n\r\n");
            assertThat(client.read().status()).isEqualTo(413);
            client.awaitEnd();
        }
    }

    @Test
    void aConnectionIsClosedWhenTheClientSaysSo() throws Exception {
        try (RawClient client = RawClient.plain(address)) {
            client.send("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\na");
            assertThat(client.read().headers()).containsEntry("connection", "close");
            client.awaitEnd();
        }
        try (RawClient client = RawClient.plain(address)) {
            client.send("POST / HTTP/1.0\r\nContent-Length: 1\r\n\r\na");
            assertThat(client.read().body()).isEqualTo("A");
            client.awaitEnd();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"no http at all\r\n\r\n", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n"})
    void whatIsNoHttpIsABadRequest(String text) throws Exception {
        try (RawClient client = RawClient.plain(address)) {
            assertThat(client.send(text).read().status()).isEqualTo(400);
            client.awaitEnd();
        }
    }

    @Test
    void longLinesAndHeadersAreRefused() throws Exception {
        try (RawClient client = RawClient.plain(address)) {
            client.send("POST /" + "x".repeat(9000) + " HTTP/1.1\r\nHost: x\r\n\r\n");
            assertThat(client.read().status()).isEqualTo(414);
        }
        try (RawClient client = RawClient.plain(address)) {
            client.send("POST / HTTP/1.1\r\nHost: x\r\nX: " + "x".repeat(33_000) + "\r\n\r\n");
            assertThat(client.read().status()).isEqualTo(431);
        }
    }

    @Test
    void noBytesHarmTheServer() throws Exception {
        for (long seed = 0; seed < 300; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            try (RawClient client = RawClient.plain(address)) {
                if (seed % 3 == 0) {
                    client.send(PREFACE);
                } else if (seed % 3 == 1) {
                    client.send(new byte[] {0x16, 3, 1});
                }
                client.send(bytes);
            } catch (IOException refused) {
                // The server may close at any time.
            }
        }
        aConnectionIsKeptAliveForRequestAfterRequest();
    }

    @Test
    void thePrefaceMeansHttp2OnPlainAndWithinTlsWithoutAlpn() throws Exception {
        for (RawClient client : List.of(RawClient.plain(address), RawClient.tls(address))) {
            try (client) {
                client.send(PREFACE.substring(0, 10));
                client.send(PREFACE.substring(10)).send(EMPTY_SETTINGS);
                byte[] header = client.readBytes(FRAME_HEADER);
                assertThat(header[3]).as("type of the first frame").isEqualTo((byte) 4);
                byte[] settings = client.readBytes(header[2]);
                assertThat(settingOf(settings, 3)).as("MAX_CONCURRENT_STREAMS").isGreaterThanOrEqualTo(1000);
                assertThat(settingOf(settings, 4)).as("INITIAL_WINDOW_SIZE").isEqualTo(1 << 20);
            }
        }
    }

    @Test
    void withinTlsWithoutAlpnHttp1IsUnderstoodToo() throws Exception {
        try (RawClient client = RawClient.tls(address)) {
            assertThat(client.send(post("secret")).read().body()).isEqualTo("SECRET");
        }
    }

    @Test
    void alpnDecidesWhereItIsSpoken() throws Exception {
        try (RawClient client = RawClient.tls(address, "http/1.1")) {
            assertThat(client.negotiated()).isEqualTo("http/1.1");
            assertThat(client.send(post("secret")).read().body()).isEqualTo("SECRET");
        }
        try (RawClient client = RawClient.tls(address, "h2", "http/1.1")) {
            assertThat(client.negotiated()).isEqualTo("h2");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "https"})
    void aClientGetsToHttp2ByUpgradeAndByAlpn(String scheme) throws Exception {
        HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_2)
                .sslContext(RawClient.trustAll())
                .build();
        for (String body : List.of("small", "x".repeat(90_000), "again")) {
            HttpResponse<String> answer = client.send(
                    HttpRequest.newBuilder(URI.create(scheme + "://127.0.0.1:" + address.getPort() + "/"))
                            .POST(HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(answer.body()).isEqualTo(body.toUpperCase(java.util.Locale.ROOT));
        }
    }

    @Test
    void http2StreamsAreAnsweredAsTheyAreReadyAndRefusedAboveTheLimit() throws Exception {
        HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_2)
                .sslContext(RawClient.trustAll())
                .build();
        URI uri = URI.create("https://127.0.0.1:" + address.getPort() + "/");
        CompletableFuture<HttpResponse<String>> first = client.sendAsync(request(uri, "hold"), ofString());
        CompletableFuture<ApiAnswer> answer = held();

        assertThat(client.send(request(uri, "second"), ofString()).body()).isEqualTo("SECOND");
        assertThat(client.send(request(uri, "x".repeat(MAX_BODY + 1)), ofString())
                        .statusCode())
                .isEqualTo(413);
        answer.complete(echo("first"));
        assertThat(first.get(20, TimeUnit.SECONDS).body()).isEqualTo("FIRST");
    }

    @Test
    void closingLetsRequestsInHandBeAnswered() throws Exception {
        try (RawClient client = RawClient.plain(address);
                RawClient http2 = RawClient.plain(address);
                RawClient idle = RawClient.plain(address)) {
            assertThat(idle.send(post("idle")).read().status()).isEqualTo(200);
            client.send(post("hold"));
            CompletableFuture<ApiAnswer> first = held();
            http2.send(PREFACE)
                    .send(EMPTY_SETTINGS)
                    // HEADERS of stream 1: POST, http, /, authority x; then DATA with the end of the stream.
                    .send(new byte[] {0, 0, 6, 1, 4, 0, 0, 0, 1, (byte) 0x83, (byte) 0x86, (byte) 0x84, 1, 1, 'x'})
                    .send(new byte[] {0, 0, 4, 0, 1, 0, 0, 0, 1, 'h', 'o', 'l', 'd'});
            CompletableFuture<ApiAnswer> second = held();
            CompletableFuture<Void> closed =
                    CompletableFuture.runAsync(() -> bound.server().close());
            idle.awaitEnd();
            assertThat(payloadOf(GOAWAY, http2)).as("last stream 1, no error").containsExactly(0, 0, 0, 1, 0, 0, 0, 0);
            first.complete(echo("done"));
            second.complete(echo("done too"));

            Answer answer = client.read();
            assertThat(answer.body()).isEqualTo("DONE");
            assertThat(answer.headers()).containsEntry("connection", "close");
            assertThat(payloadOf(DATA, http2)).asString(UTF_8).isEqualTo("DONE TOO");
            closed.get(20, TimeUnit.SECONDS);
        }
        assertThatThrownBy(() -> RawClient.plain(address)).isInstanceOf(IOException.class);
    }

    /** Reads frames up to the first of this type. */
    private static byte[] payloadOf(int type, RawClient client) throws IOException {
        while (true) {
            byte[] header = client.readBytes(FRAME_HEADER);
            byte[] payload = client.readBytes(((header[1] & 0xff) << 8) | (header[2] & 0xff));
            if (header[3] == type) {
                return payload;
            }
        }
    }

    @Test
    void connectionsBeyondTheLimitAreClosed() throws Exception {
        try (HttpServer small = listenSmall();
                RawClient first = RawClient.plain(address);
                RawClient second = RawClient.plain(address)) {
            assertThat(small).isNotNull();
            assertThat(first.send(post("x")).read().status()).isEqualTo(200);
            assertThat(second.send(post("x")).read().status()).isEqualTo(200);
            try (RawClient tooMany = RawClient.plain(address)) {
                tooMany.awaitEnd();
            }
            assertThat(first.send(post("x")).read().status()).isEqualTo(200);
        }
    }

    /** A second server, whose address the test uses from here on, that takes two connections. */
    private HttpServer listenSmall() throws IOException {
        HttpServer.Bound small = listen(2);
        address = small.main();
        return small.server();
    }

    @Test
    void aPortInUseIsNamed() {
        HttpSettings same =
                new HttpSettings("127.0.0.1", address.getPort(), OptionalInt.empty(), null, HttpLimits.DEFAULT);
        assertThatThrownBy(() -> HttpServer.start(same, this::handle, new SystemPlatform()))
                .isInstanceOf(IOException.class)
                .hasMessage("Cannot listen on port " + address.getPort() + " of 127.0.0.1: another program uses it."
                        + " Stop that program or choose another port.");
    }

    private CompletableFuture<ApiAnswer> held() throws InterruptedException {
        CompletableFuture<ApiAnswer> answer = held.poll(20, TimeUnit.SECONDS);
        assertThat(answer).as("the request arrives").isNotNull();
        return java.util.Objects.requireNonNull(answer);
    }

    private static HttpRequest request(URI uri, String body) {
        return HttpRequest.newBuilder(uri)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private static HttpResponse.BodyHandler<String> ofString() {
        return HttpResponse.BodyHandlers.ofString();
    }

    private static String post(String body) {
        return "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(text.getBytes(UTF_8));
        }
        return out.toByteArray();
    }

    /** The value of a setting in the payload of a SETTINGS frame: two bytes of name, four of value each. */
    private static long settingOf(byte[] payload, int name) {
        for (int at = 0; at + 6 <= payload.length; at += 6) {
            if (payload[at + 1] == name) {
                return new java.math.BigInteger(1, Arrays.copyOfRange(payload, at + 2, at + 6)).longValueExact();
            }
        }
        return -1;
    }
}
