package io.millrace.streamcore.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.runtime.SystemPlatform;
import io.millrace.streamcore.api.call.ApiAnswer;
import io.millrace.streamcore.api.call.ApiRequest;
import io.millrace.streamcore.api.operate.MemoryShortage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Pushed bodies on real sockets of each transport, from a publisher that the test holds in its hands. */
@ParameterizedClass
@EnumSource
class PushedBodyTest {
    private static final int PIECE = 1 << 20;
    private static final int PART = 64 << 10;

    private final BlockingQueue<Source> sources = new LinkedBlockingQueue<>();
    private final Sockets sockets;
    /** What answers wait for; nothing unless a test says so. */
    private CompletableFuture<@Nullable Void> answers = CompletableFuture.completedFuture(null);

    @SuppressWarnings("NullAway.Init") // set first thing in each test
    private HttpServer.Bound bound;

    PushedBodyTest(Sockets sockets) {
        this.sockets = sockets;
    }

    private void listen(Duration write) throws IOException {
        HttpLimits limits = new HttpLimits(
                1000,
                100,
                100,
                100,
                100,
                Duration.ofMinutes(1),
                Duration.ofMinutes(1),
                Duration.ofMinutes(1),
                write,
                Duration.ofSeconds(20));
        HttpSettings settings = new HttpSettings("127.0.0.1", 0, OptionalInt.empty(), null, limits);
        MemoryShortage shortage = new MemoryShortage(new SystemPlatform().ticker());
        bound = HttpServer.start(
                settings, this::handle, Refusals.NONE, shortage, new SystemPlatform(), sockets::transport);
    }

    @AfterEach
    void stop() {
        bound.server().close();
        assertThat(bound.server().requestBytes()).as("held by requests").isZero();
        assertThat(bound.server().answerBytes()).as("held by answers").isZero();
    }

    private CompletableFuture<ApiAnswer> handle(ApiRequest request) {
        Source source = new Source();
        sources.add(source);
        return answers.thenApply(any -> new ApiAnswer(200, Map.of("content-type", "x"), new ApiAnswer.Pushed(source)));
    }

    @Test
    void piecesAreChunksAndTheConnectionServesTheNextRequestAfterTheEnd() throws Exception {
        listen(Duration.ofMinutes(1));
        try (RawClient client = RawClient.plain(bound.main())) {
            for (int round = 0; round < 3; round++) {
                Source source = ask(client);
                assertThat(head(client)).contains("transfer-encoding: chunked").doesNotContain("content-length");
                source.push("one");
                assertThat(text(client, 8)).isEqualTo("3\r\none\r\n");
                source.push("three");
                assertThat(text(client, 10)).isEqualTo("5\r\nthree\r\n");
                source.complete();
                assertThat(text(client, 5)).isEqualTo("0\r\n\r\n");
            }
        }
    }

    @Test
    void aClientThatReadsNothingHoldsABoundedNumberOfBytesAndIsCut() throws Exception {
        listen(Duration.ofMillis(200));
        try (RawClient client = RawClient.plain(bound.main())) {
            Source source = ask(client);
            long most = 0;
            for (int i = 0; i < 1000 && !source.isCancelled(); i++) {
                source.pushWhenAsked(new byte[PIECE]);
                most = Math.max(most, bound.server().waitingBytes());
            }
            source.awaitCancel();
            assertThat(most).isBetween(1L, 2L * PIECE);
            // What the sockets took, and no more: the rest was never asked for.
            assertThat(source.pushed.get()).isLessThan(50L * PIECE);
            assertThat(bound.server().waitingBytes()).isZero();
        }
    }

    @Test
    void aClientThatReadsNothingHoldsFewSmallPiecesAndIsCut() throws Exception {
        listen(Duration.ofMillis(200));
        try (RawClient client = RawClient.plain(bound.main())) {
            Source source = ask(client);
            long most = 0;
            while (!source.isCancelled()) {
                source.pushWhenAsked(new byte[PART / 2]);
                most = Math.max(most, bound.server().waitingBytes());
            }
            // What Netty lets wait before it calls a channel full, and the piece that fills it.
            assertThat(most).isBetween(1L, 2L * PART);
            assertThat(source.pushed.get()).isLessThan(50L * PIECE);
            assertThat(bound.server().waitingBytes()).isZero();
        }
    }

    @Test
    void aClientThatLeavesCancelsItsBody() throws Exception {
        listen(Duration.ofMinutes(1));
        Source source;
        try (RawClient client = RawClient.plain(bound.main())) {
            source = ask(client);
            source.push("one");
            head(client);
        }
        source.awaitCancel();
    }

    @Test
    void aClosingServerEndsABodyCleanly() throws Exception {
        listen(Duration.ofMinutes(1));
        try (RawClient client = RawClient.plain(bound.main())) {
            Source source = ask(client);
            head(client);
            source.push("one");
            assertThat(text(client, 8)).isEqualTo("3\r\none\r\n");
            bound.server().close();
            assertThat(text(client, 5)).isEqualTo("0\r\n\r\n");
            source.awaitCancel();
        }
    }

    @Test
    void aBodyThatBeginsAsTheServerClosesIsCancelledAndEndsCleanly() throws Exception {
        answers = new CompletableFuture<>();
        listen(Duration.ofMinutes(1));
        try (RawClient client = RawClient.plain(bound.main())) {
            Source source = ask(client);
            CompletableFuture<Void> closed = CompletableFuture.runAsync(bound.server()::close);
            awaitDrain();
            answers.complete(null);
            assertThat(head(client)).contains("200 OK");
            assertThat(text(client, 5)).isEqualTo("0\r\n\r\n");
            assertThat(client.isAtEnd()).isTrue();
            source.awaitCancel();
            closed.get(20, TimeUnit.SECONDS);
        }
    }

    /** A server that closes refuses who comes, and sends away who has asked for nothing. */
    private void awaitDrain() throws IOException {
        try (RawClient late = RawClient.plain(bound.main())) {
            assertThat(late.isAtEnd()).isTrue();
        } catch (SocketException refused) {
            // The same.
        }
    }

    @Test
    void aClosingServerLetsASlowClientTakeWhatWasWrittenAndTheEnd() throws Exception {
        listen(Duration.ofMinutes(1));
        try (RawClient client = RawClient.plain(bound.main())) {
            Source source = ask(client);
            head(client);
            // More than the sockets hold: some of it waits in the server.
            long before = -1;
            while (source.pushed.get() != before || bound.server().waitingBytes() == 0) {
                before = source.pushed.get();
                source.pushWhenAsked(new byte[PIECE]);
            }
            CompletableFuture<Void> closed = CompletableFuture.runAsync(bound.server()::close);
            source.awaitCancel();
            int pushed = Math.toIntExact(source.pushed.get());
            int chunks = pushed / PART;
            byte[] all = client.readBytes(pushed + chunks * ("10000\r\n".length() + 2) + 5);
            assertThat(new String(all, all.length - 5, 5, ISO_8859_1)).isEqualTo("0\r\n\r\n");
            closed.get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void aSlowClientGetsEveryByte() throws Exception {
        listen(Duration.ofMinutes(1));
        try (RawClient client = RawClient.plain(bound.main())) {
            Source source = ask(client);
            head(client);
            for (int i = 0; i < 20; i++) {
                source.push(new byte[PIECE]);
                // Parts of 64 KiB, each a chunk: six bytes of size, two of line end.
                assertThat(client.readBytes(i == 0 ? 100 : PIECE)).isNotEmpty();
            }
            source.complete();
            int parts = 20 * 16;
            int read = 100 + 19 * PIECE;
            byte[] rest = client.readBytes(20 * PIECE + parts * ("10000\r\n".length() + 2) - read + 5);
            assertThat(new String(rest, rest.length - 5, 5, ISO_8859_1)).isEqualTo("0\r\n\r\n");
        }
    }

    /** They share its memory: nobody may get what another connection makes of it. */
    @Test
    void aPieceThatManyGetReachesEachWhole() throws Exception {
        listen(Duration.ofMinutes(1));
        List<RawClient> clients = new ArrayList<>();
        List<Source> pushed = new ArrayList<>();
        try {
            for (int i = 0; i < 6; i++) {
                clients.add(i % 2 == 0 ? RawClient.plain(bound.main()) : RawClient.tls(bound.main(), "http/1.1"));
                pushed.add(ask(clients.get(i)));
                head(clients.get(i));
            }
            for (int round = 0; round < 50; round++) {
                // The last ones have several parts.
                String text = "r" + round + "-" + "x".repeat(round * (round < 40 ? 37 : 6007));
                ByteBuffer piece = ByteBuffer.wrap(text.getBytes(ISO_8859_1)).asReadOnlyBuffer();
                for (Source source : pushed) {
                    source.push(piece);
                }
                String chunks = chunks(text);
                for (RawClient client : clients) {
                    assertThat(text(client, chunks.length())).isEqualTo(chunks);
                }
            }
            for (int i = 0; i < clients.size(); i++) {
                pushed.get(i).complete();
                // Written by a task after the one that sent the last piece, which then is accounted for.
                assertThat(text(clients.get(i), 5)).isEqualTo("0\r\n\r\n");
            }
            assertThat(bound.server().waitingBytes()).isZero();
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
    }

    @Test
    void beforeHttp11PiecesComeAsTheyAreUntilTheConnectionEnds() throws Exception {
        listen(Duration.ofMinutes(1));
        try (RawClient client = RawClient.plain(bound.main())) {
            client.send("POST / HTTP/1.0\r\nHost: x\r\nContent-Length: 1\r\n\r\na");
            Source source = sources.poll(20, TimeUnit.SECONDS);
            assertThat(source).isNotNull();
            assertThat(head(client)).doesNotContain("chunked");
            source.push("one");
            assertThat(text(client, 3)).isEqualTo("one");
            source.push("three");
            assertThat(text(client, 5)).isEqualTo("three");
            source.complete();
            assertThat(client.isAtEnd()).isTrue();
        }
    }

    private Source ask(RawClient client) throws Exception {
        client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na");
        Source source = sources.poll(20, TimeUnit.SECONDS);
        assertThat(source).isNotNull();
        return source;
    }

    private static String chunks(String text) {
        StringBuilder chunks = new StringBuilder();
        for (int at = 0; at < text.length(); at += PART) {
            String part = text.substring(at, Math.min(text.length(), at + PART));
            chunks.append(Integer.toHexString(part.length()))
                    .append("\r\n")
                    .append(part)
                    .append("\r\n");
        }
        return chunks.toString();
    }

    private static String head(RawClient client) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(ISO_8859_1).endsWith("\r\n\r\n")) {
            head.write(client.readBytes(1));
        }
        return head.toString(ISO_8859_1);
    }

    private static String text(RawClient client, int bytes) throws IOException {
        return new String(client.readBytes(bytes), ISO_8859_1);
    }

    /** What serves the sockets. */
    private enum Sockets {
        BEST,
        SELECTORS;

        Transport transport() {
            return this == BEST ? Transport.best() : Transport.selectors();
        }
    }

    /** A publisher that pushes what the test says, as far as it was asked for. */
    private static final class Source implements Flow.Publisher<ByteBuffer>, Flow.Subscription {
        private final BlockingQueue<Long> demand = new LinkedBlockingQueue<>();
        private final CountDownLatch cancelled = new CountDownLatch(1);
        private final CompletableFuture<Flow.Subscriber<? super ByteBuffer>> subscriber = new CompletableFuture<>();
        private final AtomicLong pushed = new AtomicLong();

        @Override
        public void subscribe(Flow.Subscriber<? super ByteBuffer> given) {
            given.onSubscribe(this);
            subscriber.complete(given);
        }

        @Override
        public void request(long count) {
            assertThat(count).isOne();
            demand.add(count);
        }

        @Override
        public void cancel() {
            cancelled.countDown();
        }

        void push(String text) throws Exception {
            push(text.getBytes(ISO_8859_1));
        }

        void push(byte[] piece) throws Exception {
            push(ByteBuffer.wrap(piece));
        }

        void push(ByteBuffer piece) throws Exception {
            assertThat(demand.poll(20, TimeUnit.SECONDS)).as("demand").isNotNull();
            subscriber.get(20, TimeUnit.SECONDS).onNext(piece);
        }

        /** Pushes if there is demand within a moment. */
        void pushWhenAsked(byte[] piece) throws Exception {
            if (demand.poll(50, TimeUnit.MILLISECONDS) != null) {
                pushed.addAndGet(piece.length);
                subscriber.get(20, TimeUnit.SECONDS).onNext(ByteBuffer.wrap(piece));
            }
        }

        void complete() throws Exception {
            subscriber.get(20, TimeUnit.SECONDS).onComplete();
        }

        boolean isCancelled() {
            return cancelled.getCount() == 0;
        }

        void awaitCancel() throws InterruptedException {
            assertThat(cancelled.await(20, TimeUnit.SECONDS)).as("cancelled").isTrue();
        }
    }
}
