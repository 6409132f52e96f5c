package io.millrace.streamcore.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.runtime.SystemPlatform;
import io.millrace.streamcore.api.call.ApiAnswer;
import io.millrace.streamcore.api.call.ApiHandler;
import io.millrace.streamcore.api.call.ApiRequest;
import io.millrace.streamcore.api.operate.MemoryShortage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The memory of requests and answers, on real sockets. Nothing is held after each test. */
@Timeout(30)
class HttpMemoryTest {
    private static final Duration LONG = Duration.ofMinutes(10);
    private static final Duration SHORT = Duration.ofMillis(200);
    private static final int MAX_BODY = 1 << 20;
    private static final long MEMORY = 400_000;
    /** Less than strangers have, even if twice as much is taken for it. */
    private static final int MUCH = 40_000;

    private static final int TOO_MUCH = 300_000;

    private static final int LARGE = 150_000;
    private static final int ENOUGH_STREAMS = 100;
    private static final int REFUSED_STREAM = 7;

    private final BlockingQueue<String> refusals = new LinkedBlockingQueue<>();
    private final BlockingQueue<CompletableFuture<ApiAnswer>> held = new LinkedBlockingQueue<>();
    private final MemoryShortage shortage = new MemoryShortage(new SystemPlatform().ticker());

    @SuppressWarnings("NullAway.Init") // set before each test
    private HttpServer.Bound bound;

    @BeforeEach
    void start() throws IOException {
        listen(LONG);
    }

    private void listen(Duration request) throws IOException {
        HttpLimits limits =
                new HttpLimits(MAX_BODY, 200, 100, 100, 2048, LONG, LONG, request, LONG, Duration.ofSeconds(5));
        bound = HttpServer.start(
                new HttpSettings(
                        "127.0.0.1",
                        0,
                        OptionalInt.empty(),
                        null,
                        limits.withMemory(MEMORY).withHalfForStrangers()),
                new Handler(),
                (peer, status, reason) -> refusals.add(status + " " + reason),
                shortage,
                new SystemPlatform());
    }

    @AfterEach
    void stop() {
        // A request that is answered later than the server closes cannot give back.
        held.forEach(answer -> answer.complete(answer("late")));
        bound.server().close();
        assertThat(bound.server().requestBytes()).as("held by requests").isZero();
        assertThat(bound.server().answerBytes()).as("held by answers").isZero();
    }

    /** Answers with the length of the body; a path names what else it does. */
    private final class Handler implements ApiHandler {
        @Override
        public CompletableFuture<ApiAnswer> apply(ApiRequest request) {
            switch (request.path()) {
                case "/hold" -> {
                    CompletableFuture<ApiAnswer> answer = new CompletableFuture<>();
                    held.add(answer);
                    return answer;
                }
                case "/memory" -> throw new OutOfMemoryError("of the test");
                case "/later-memory" -> {
                    return CompletableFuture.failedFuture(new OutOfMemoryError("of the test"));
                }
                case "/writing-memory" -> {
                    return CompletableFuture.completedFuture(ApiAnswer.whole(200, Map.of(), out -> {
                        throw new OutOfMemoryError("of the test");
                    }));
                }
                case "/large" -> {
                    return CompletableFuture.completedFuture(
                            ApiAnswer.whole(200, Map.of(), out -> out.write(new byte[LARGE])));
                }
                default -> {
                    return CompletableFuture.completedFuture(answer(request.body()
                                    .remaining() + " of " + request.sentBody().remaining()));
                }
            }
        }

        @Override
        public Optional<ApiAnswer> look(ApiRequest begun) {
            String what = begun.sentBody().hasRemaining() ? "packed" : "header";
            boolean isDecided = begun.path().equals("/stranger")
                    || (begun.path().equals("/packed-stranger") && what.equals("packed"));
            if (begun.path().equals("/memory-at-once")) {
                throw new OutOfMemoryError("of the test");
            }
            if (!isDecided) {
                return Optional.empty();
            }
            return Optional.of(ApiAnswer.whole(403, Map.of(), out -> out.write(what.getBytes(UTF_8))));
        }
    }

    private static ApiAnswer answer(String text) {
        return ApiAnswer.whole(200, Map.of(), out -> out.write(text.getBytes(UTF_8)));
    }

    private static byte[] post(String path, int length, String... headers) {
        return ("POST " + path + " HTTP/1.1\r\nHost: x\r\n" + String.join("", headers) + "Content-Length: " + length
                        + "\r\n\r\n")
                .getBytes(ISO_8859_1);
    }

    private RawClient client() throws IOException {
        return RawClient.plain(bound.main());
    }

    private static void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            Thread.onSpinWait();
        }
    }

    private void awaitHeld(long atLeast) {
        await(() -> bound.server().requestBytes() >= atLeast);
    }

    private static byte[] gzip(int zeros) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(new byte[zeros]);
        }
        return out.toByteArray();
    }

    @Test
    void aBodyCountsAsItArrivesAndNoMoreWhenTheConnectionCloses() throws Exception {
        try (RawClient client = client()) {
            client.send(post("/", MAX_BODY));
            client.send(new byte[MUCH]);
            awaitHeld(MUCH);
            assertThat(bound.server().requestBytes()).isLessThanOrEqualTo(2 * MUCH);
        }
        await(() -> bound.server().requestBytes() == 0);
    }

    @Test
    void beyondTheMemoryRequestsGetAnErrorThatClientsTryAgainAndTheConnectionGoesOn() throws Exception {
        try (RawClient greedy = client();
                RawClient client = client()) {
            greedy.send(post("/hold", MUCH)).send(new byte[MUCH]);
            awaitHeld(MUCH);
            client.send(post("/", TOO_MUCH)).send(new byte[TOO_MUCH]);
            RawClient.Answer refused = client.read();
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.body()).contains("\"__type\":\"ServiceUnavailableException\"");
            assertThat(refused.headers()).containsEntry("retry-after", "1").doesNotContainKey("connection");
            assertThat(refusals.take()).isEqualTo("503 NoMemoryForRequest");
            held.take().complete(answer("done"));
            assertThat(greedy.read().body()).isEqualTo("done");
            assertThat(bound.server().requestBytes()).isZero();
            assertThat(client.send(post("/", MUCH)).send(new byte[MUCH]).read().body())
                    .isEqualTo(MUCH + " of " + MUCH);
        }
    }

    @Test
    void aConnectionOnWhichACallSucceededMayHoldMoreThanStrangers() throws Exception {
        try (RawClient client = client()) {
            int more = TOO_MUCH;
            assertThat(client.send(post("/", more)).send(new byte[more]).read().status())
                    .isEqualTo(503);
            assertThat(client.send(post("/", 3)).send("abc").read().status()).isEqualTo(200);
            assertThat(client.send(post("/", more)).send(new byte[more]).read().body())
                    .isEqualTo(more + " of " + more);
        }
    }

    @Test
    void whatIsUnpackedCountsToo() throws Exception {
        try (RawClient client = client()) {
            assertThat(client.send(post("/", 3)).send("abc").read().status()).isEqualTo(200);
            byte[] fits = gzip(100_000);
            assertThat(client.send(post("/", fits.length, "Content-Encoding: gzip\r\n"))
                            .send(fits)
                            .read()
                            .body())
                    .isEqualTo("100000 of " + fits.length);
            byte[] bomb = gzip(MAX_BODY);
            assertThat(client.send(post("/", bomb.length, "Content-Encoding: gzip\r\n"))
                            .send(bomb)
                            .read()
                            .status())
                    .isEqualTo(503);
            assertThat(bound.server().requestBytes()).isZero();
            byte[] tooLarge = gzip(MAX_BODY + 1);
            assertThat(client.send(post("/hold", tooLarge.length, "Content-Encoding: gzip\r\n"))
                            .send(tooLarge)
                            .read()
                            .status())
                    .isEqualTo(503);
        }
    }

    @Test
    void aBodyIsFreeWhenItsAnswerIsReadyNotWhenItIsTaken() throws Exception {
        try (RawHttp2 client = RawHttp2.connect(bound.main(), 0)) {
            client.post(1).send(RawHttp2.DATA, RawHttp2.END_STREAM, 1, new byte[10_000]);
            client.next(RawHttp2.HEADERS);
            await(() -> bound.server().answerBytes() > 0);
            assertThat(bound.server().requestBytes()).isEqualTo(RequestMemory.STREAM_BYTES);
            client.send(RawHttp2.RST_STREAM, 0, 1, new byte[] {0, 0, 0, 8});
            await(() -> bound.server().requestBytes() == 0 && bound.server().answerBytes() == 0);
        }
    }

    @Test
    void aCallsBodyCountsUntilItsAnswerThoughItsStreamIsReset() throws Exception {
        try (RawHttp2 client = RawHttp2.connect(bound.main(), 1 << 16)) {
            client.send(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 1, holdHeader());
            client.send(RawHttp2.DATA, RawHttp2.END_STREAM, 1, new byte[10_000]);
            CompletableFuture<ApiAnswer> call = held.take();
            client.send(RawHttp2.RST_STREAM, 0, 1, new byte[] {0, 0, 0, 8});
            await(() -> bound.server().requestBytes() < RequestMemory.STREAM_BYTES + 10_000);
            assertThat(bound.server().requestBytes()).isGreaterThanOrEqualTo(10_000);
            call.complete(answer("late"));
            await(() -> bound.server().requestBytes() == 0);
        }
    }

    /** POST, http, path /hold, authority x. */
    private static byte[] holdHeader() {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        block.writeBytes(new byte[] {(byte) 0x83, (byte) 0x86, 4, 5});
        block.writeBytes("/hold".getBytes(ISO_8859_1));
        block.writeBytes(new byte[] {1, 1, 'x'});
        return block.toByteArray();
    }

    @Test
    void aBodyThatIsResetOrTooLargeOrSlowIsGivenBack() throws Exception {
        try (RawHttp2 client = RawHttp2.connect(bound.main(), 1 << 16)) {
            client.post(1).send(RawHttp2.DATA, 0, 1, new byte[10_000]);
            awaitHeld(10_000);
            client.send(RawHttp2.RST_STREAM, 0, 1, new byte[] {0, 0, 0, 8});
            await(() -> bound.server().requestBytes() == 0);
        }
        try (RawClient client = client()) {
            client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n");
            client.send(new byte[0x1000]);
            awaitHeld(0x1000);
            client.send("\r\nno chunk\r\n").awaitEnd();
            await(() -> bound.server().requestBytes() == 0);
        }
        bound.server().close();
        listen(SHORT);
        try (RawClient client = client()) {
            client.send(post("/", MAX_BODY)).send(new byte[MUCH]);
            client.awaitEnd();
            await(() -> bound.server().requestBytes() == 0);
        }
    }

    @Test
    void streamsBeyondTheMemoryAreRefusedSoThatTheClientMaySendThemAgain() throws Exception {
        try (RawHttp2 client = RawHttp2.connect(bound.main(), 0)) {
            for (int i = 0; i < ENOUGH_STREAMS; i++) {
                client.post(2 * i + 1);
            }
            assertThat(client.next(RawHttp2.RST_STREAM).payload().getInt()).isEqualTo(REFUSED_STREAM);
            assertThat(refusals.take()).isEqualTo("0 NoMemoryForRequest");
        }
        await(() -> bound.server().requestBytes() == 0);
    }

    @Test
    void whoHoldsMostOfTheStrangersIsClosedAndOthersGoOn() throws Exception {
        try (RawHttp2 greedy = RawHttp2.connect(bound.main(), 0);
                RawClient client = client()) {
            for (int i = 0; i < ENOUGH_STREAMS; i++) {
                greedy.post(2 * i + 1);
            }
            greedy.next(RawHttp2.RST_STREAM);
            assertThat(client.send(post("/", 3)).send("abc").read().status()).isEqualTo(200);
            greedy.awaitEnd();
        }
        assertThat(refusals).contains("0 TooMuchHeld");
    }

    @ParameterizedTest
    @ValueSource(strings = {"header", "packed"})
    void whatTheHeaderDecidesIsAnsweredWithoutTheBody(String when) throws Exception {
        boolean isPacked = when.equals("packed");
        byte[] body = isPacked ? gzip(MAX_BODY) : new byte[MUCH];
        try (RawClient client = client()) {
            client.send(post(
                    isPacked ? "/packed-stranger" : "/stranger",
                    body.length,
                    isPacked ? "Content-Encoding: gzip\r\n" : ""));
            client.send(java.util.Arrays.copyOf(body, body.length - 1));
            // Its own answer says that the server has got so far.
            try (RawClient other = client()) {
                assertThat(other.send(post("/", 3)).send("abc").read().status()).isEqualTo(200);
            }
            if (!isPacked) {
                assertThat(bound.server().requestBytes()).isZero();
            }
            client.send(new byte[] {body[body.length - 1]});
            RawClient.Answer refused = client.read();
            assertThat(refused.status()).isEqualTo(403);
            assertThat(refused.body()).isEqualTo(when);
            assertThat(refused.headers()).doesNotContainKey("connection");
            assertThat(bound.server().requestBytes()).isZero();
            assertThat(client.send(post("/", 3)).send("abc").read().status()).isEqualTo(200);
        }
    }

    @Test
    void whoAsksFirstIsToldAtOnceWhatTheHeaderDecides() throws Exception {
        try (RawClient client = client()) {
            client.send(post("/stranger", MUCH, "Expect: 100-continue\r\n"));
            assertThat(client.read().status()).isEqualTo(403);
            client.awaitEnd();
        }
    }

    @Test
    void aDroppedBodyHasTheSameLimit() throws Exception {
        try (RawClient client = client()) {
            client.send("POST /stranger HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (int sent = 0; sent <= MAX_BODY; sent += 0x10000) {
                client.send("10000\r\n").send(new byte[0x10000]).send("\r\n");
            }
            client.send("0\r\n\r\n");
            assertThat(client.read().status()).isEqualTo(413);
            client.awaitEnd();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/memory", "/later-memory", "/writing-memory"})
    void aRequestThatFindsNoMemoryIsAnsweredAndTheServerGoesOn(String path) throws Exception {
        try (RawClient client = client()) {
            assertThat(client.send(post(path, 3)).send("abc").read().status()).isEqualTo(503);
            assertThat(shortage.reason()).isPresent();
            assertThat(client.send(post("/", 3)).send("abc").read().status()).isEqualTo(200);
        }
    }

    @Test
    void aBodyThatFindsNoMemoryIsRefusedAndTheServerGoesOn() throws Exception {
        try (RawClient client = client()) {
            client.send(post("/memory-at-once", 3, "Content-Encoding: gzip\r\n"))
                    .send("abc");
            assertThat(client.read().status()).isEqualTo(503);
            client.awaitEnd();
        }
        assertThat(shortage.reason()).isPresent();
        try (RawClient client = client()) {
            assertThat(client.send(post("/", 3)).send("abc").read().status()).isEqualTo(200);
        }
    }

    /** Windows of nothing: headers come, bodies stay. */
    @Test
    void largeAnswersThatNobodyTakesHaveABound() throws Exception {
        try (RawHttp2 client = RawHttp2.connect(bound.main(), 0)) {
            for (int i = 0; i < 5; i++) {
                client.send(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 2 * i + 1, largeHeader());
                client.send(RawHttp2.DATA, RawHttp2.END_STREAM, 2 * i + 1, new byte[10]);
                int status = client.next(RawHttp2.HEADERS).payload().get(0) & 0xff;
                // HPACK's static table: 8 is 200; 503 is none of it.
                assertThat(status == 0x88).as("answer %s", i).isEqualTo(i < MEMORY / LARGE);
            }
            assertThat(bound.server().answerBytes()).isBetween((long) LARGE, MEMORY + 5_000);
        }
        await(() -> bound.server().answerBytes() == 0);
    }

    /** POST, http, path /large, authority x. */
    private static byte[] largeHeader() {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        block.writeBytes(new byte[] {(byte) 0x83, (byte) 0x86, 4, 6});
        block.writeBytes("/large".getBytes(ISO_8859_1));
        block.writeBytes(new byte[] {1, 1, 'x'});
        return block.toByteArray();
    }

    @Test
    void requestsThatWaitForTheAnswerToTheFirstCountToo() throws Exception {
        try (RawClient client = client()) {
            client.send(post("/hold", 1)).send("a");
            CompletableFuture<ApiAnswer> first = held.take();
            byte[] small = post("/", 0);
            ByteArrayOutputStream many = new ByteArrayOutputStream();
            for (int i = 0; i < 20; i++) {
                many.writeBytes(small);
            }
            client.send(many.toByteArray());
            awaitHeld(20_000);
            first.complete(answer("first"));
            assertThat(client.read().body()).isEqualTo("first");
            for (int i = 0; i < 20; i++) {
                assertThat(client.read().body()).isEqualTo("0 of 0");
            }
            assertThat(bound.server().requestBytes()).isZero();
        }
    }

    /** The upgrade keeps the whole request before anybody looks at it. */
    @Test
    void aRequestWithALargeBodyIsNotUpgraded() throws Exception {
        try (RawClient client = client()) {
            String upgrade =
                    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n";
            client.send(post("/", MUCH, upgrade)).send(new byte[MUCH]);
            assertThat(client.read().body()).isEqualTo(MUCH + " of " + MUCH);
        }
    }

    @Test
    void aClientThatIsGoneWhenItsAnswerComesHoldsNothing() throws Exception {
        CompletableFuture<ApiAnswer> call;
        try (RawClient client = client()) {
            client.send(post("/hold", MUCH)).send(new byte[MUCH]);
            call = held.take();
        }
        assertThat(bound.server().requestBytes()).isGreaterThanOrEqualTo(MUCH);
        await(() -> bound.server().connections() == 0);
        call.complete(answer("late"));
        await(() -> bound.server().requestBytes() == 0);
    }

    @Test
    void refusalsOfBusyServersAreHeardOf() throws Exception {
        try (RawClient client = client()) {
            assertThat(client.send(post("/", (int) MEMORY))
                            .send(new byte[(int) MEMORY])
                            .read()
                            .status())
                    .isEqualTo(503);
        }
        assertThat(refusals.poll(20, TimeUnit.SECONDS)).isEqualTo("503 NoMemoryForRequest");
    }
}
