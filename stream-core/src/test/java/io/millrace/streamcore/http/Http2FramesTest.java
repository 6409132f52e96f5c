package io.millrace.streamcore.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.runtime.SystemPlatform;
import io.millrace.streamcore.api.call.ApiAnswer;
import io.millrace.streamcore.api.call.ApiRequest;
import io.millrace.streamcore.api.operate.MemoryShortage;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2FrameWriter;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2FrameReader;
import io.netty.handler.codec.http2.Http2FrameWriter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import java.net.InetAddress;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The bytes of an HTTP/2 connection whose channel becomes full and has room again, decoded frame by frame. */
class Http2FramesTest {
    private static final int REQUESTS = 8;
    /** The first of a client's own; stream 1 is that of an upgrade. */
    private static final int FIRST_STREAM = 3;

    private static final String BODY = "x".repeat(100);

    private final Http2FrameWriter frames = new DefaultHttp2FrameWriter();
    private final ChannelInboundHandlerAdapter ignores = new ChannelInboundHandlerAdapter();
    private final EmbeddedChannel client = new EmbeddedChannel(ignores);
    private final EmbeddedChannel server = new EmbeddedChannel();
    private final Http2FrameReader reader = new DefaultHttp2FrameReader();
    private final Answers answers = new Answers();

    static IntStream highWaterMarks() {
        return IntStream.rangeClosed(0, 35).map(step -> 200 + 50 * step);
    }

    @BeforeEach
    void connect() throws Exception {
        Protocols protocols = new Protocols(
                Tls.of(
                        Optional.empty(),
                        InetAddress.getLoopbackAddress(),
                        new SystemPlatform().clock().instant()),
                new HttpContext(
                        HttpLimits.DEFAULT,
                        Http2FramesTest::answer,
                        Refusals.NONE,
                        new SystemPlatform().ticker(),
                        new Drain(),
                        new PushLoad(),
                        new RequestMemory(HttpLimits.DEFAULT, connection -> {}),
                        new MemoryShortage(new SystemPlatform().ticker())));
        protocols.http2(server.pipeline());
        client.writeOutbound(Http2CodecUtil.connectionPrefaceBuf());
        var unusedSettings = frames.writeSettings(to(), Http2Settings.defaultSettings(), client.newPromise());
        var unusedAck = frames.writeSettingsAck(to(), client.newPromise());
    }

    @AfterEach
    void close() {
        client.finishAndReleaseAll();
        server.finishAndReleaseAll();
        frames.close();
        reader.close();
    }

    /**
     * The read is the connection's first, which brings its preface too: the session has asked for a flush then, so one
     * waits while the answers are written.
     */
    @ParameterizedTest
    @MethodSource("highWaterMarks")
    void answersOfOneReadAreWholeFramesWhereverTheChannelBecomesFull(int highWaterMark) throws Exception {
        server.config().setWriteBufferWaterMark(new WriteBufferWaterMark(highWaterMark / 2, highWaterMark));
        for (int i = 0; i < REQUESTS; i++) {
            request(FIRST_STREAM + 2 * i);
        }
        server.writeInbound(written(client));
        read(written(server));

        assertThat(answers.statuses.values()).hasSize(REQUESTS).containsOnly("200");
        assertThat(answers.bodies.values()).hasSize(REQUESTS).containsOnly(BODY);
    }

    private static CompletableFuture<ApiAnswer> answer(ApiRequest request) {
        return CompletableFuture.completedFuture(ApiAnswer.whole(
                200, Map.of("content-type", "application/x-amz-json-1.1"), out -> out.write(BODY.getBytes(UTF_8))));
    }

    private void request(int stream) {
        Http2Headers head = new DefaultHttp2Headers()
                .method("POST")
                .scheme("http")
                .authority("localhost")
                .path("/");
        var unusedHead = frames.writeHeaders(to(), stream, head, 0, false, client.newPromise());
        var unusedBody =
                frames.writeData(to(), stream, Unpooled.copiedBuffer("{}", UTF_8), 0, true, client.newPromise());
    }

    private ChannelHandlerContext to() {
        return client.pipeline().context(ignores);
    }

    /** All that {@code channel} has sent. */
    private static ByteBuf written(EmbeddedChannel channel) {
        channel.flushOutbound();
        channel.runPendingTasks();
        ByteBuf all = Unpooled.buffer();
        for (ByteBuf next = channel.readOutbound(); next != null; next = channel.readOutbound()) {
            all.writeBytes(next);
            next.release();
        }
        return all;
    }

    private void read(ByteBuf sent) throws Http2Exception {
        while (sent.isReadable()) {
            int left = sent.readableBytes();
            reader.readFrame(to(), sent, answers);
            assertThat(sent.readableBytes()).as("a whole frame").isLessThan(left);
        }
        sent.release();
    }

    /** Collects answers by the number of their stream. */
    private static final class Answers extends Http2FrameAdapter {
        final Map<Integer, String> statuses = new TreeMap<>();
        final Map<Integer, String> bodies = new TreeMap<>();

        @Override
        public void onHeadersRead(
                ChannelHandlerContext context,
                int stream,
                Http2Headers head,
                int dependency,
                short weight,
                boolean isExclusive,
                int padding,
                boolean isEnd) {
            onHeadersRead(context, stream, head, padding, isEnd);
        }

        @Override
        public void onHeadersRead(
                ChannelHandlerContext context, int stream, Http2Headers head, int padding, boolean isEnd) {
            statuses.put(stream, String.valueOf(head.status()));
        }

        @Override
        public int onDataRead(ChannelHandlerContext context, int stream, ByteBuf data, int padding, boolean isEnd) {
            int size = data.readableBytes() + padding;
            bodies.merge(stream, data.toString(UTF_8), String::concat);
            return size;
        }
    }
}
