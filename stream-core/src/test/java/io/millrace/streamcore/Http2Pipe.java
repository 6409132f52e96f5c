package io.millrace.streamcore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.util.ReferenceCountUtil;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.eventstream.Message;

/**
 * A SubscribeToShard on one HTTP/2 stream. What it takes is decoded; of each record the text up to the first space is
 * kept. While it is stalled it takes nothing and its window is never updated.
 */
final class Http2Pipe extends ChannelInboundHandlerAdapter {
    private static final String DATA = "\"Data\":\"";
    private static final int TIMEOUT_SECONDS = 60;

    private ByteBuffer unread = ByteBuffer.allocate(512);
    private final BlockingQueue<String> texts = new LinkedBlockingQueue<>();
    private final AtomicInteger events = new AtomicInteger();
    private final CompletableFuture<Void> started = new CompletableFuture<>();
    private final CompletableFuture<String> ended = new CompletableFuture<>();
    private volatile @Nullable Http2StreamChannel stream;

    void opened(Http2StreamChannel opened) {
        stream = opened;
    }

    /** Completes when the first event has come; fails if the stream ends before. */
    CompletableFuture<Void> started() {
        return started;
    }

    /** Completes with how the stream ended. */
    CompletableFuture<String> ended() {
        return ended;
    }

    /** How many events have come, heartbeats among them. */
    int events() {
        return events.get();
    }

    /** Takes nothing from now on. */
    Http2Pipe stall() {
        requireNonNull(stream).config().setAutoRead(false);
        return this;
    }

    /** Takes everything again. */
    void goOn() {
        requireNonNull(stream).config().setAutoRead(true);
    }

    /** Ends the stream by RST_STREAM. */
    void reset() {
        var unused = requireNonNull(stream).close();
    }

    /** The next record. */
    String next() throws InterruptedException {
        String text = texts.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        assertThat(text)
                .as("a record within %s s; ended: %s", TIMEOUT_SECONDS, ended)
                .isNotNull();
        return requireNonNull(text);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object frame) {
        try {
            if (frame instanceof Http2DataFrame data) {
                read(data.content());
                if (data.isEndStream()) {
                    ended.complete("end of stream");
                }
            } else if (frame instanceof Http2HeadersFrame headers && headers.isEndStream()) {
                ended.complete("end of stream");
            }
        } finally {
            ReferenceCountUtil.release(frame);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        ended.complete("reset");
        ReferenceCountUtil.release(event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        ended.complete("closed");
        started.completeExceptionally(new AssertionError("the pipe ended before it began"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        ended.complete(cause.toString());
        var unused = context.close();
    }

    /** As the SDK's decoder does it, but that one begins with 2 MiB for each pipe. */
    private void read(ByteBuf bytes) {
        int count = bytes.readableBytes();
        if (unread.remaining() < count) {
            int size = Math.max(unread.capacity() * 2, unread.position() + count);
            unread = ByteBuffer.allocate(size).put(unread.flip());
        }
        bytes.readBytes(unread.slice(unread.position(), count));
        unread.position(unread.position() + count).flip();
        while (unread.remaining() >= Integer.BYTES && unread.getInt(unread.position()) <= unread.remaining()) {
            int size = unread.getInt(unread.position());
            decoded(Message.decode(unread.slice(unread.position(), size)));
            unread.position(unread.position() + size);
        }
        unread.compact();
    }

    private void decoded(Message message) {
        String type = message.getHeaders().values().toString();
        if (!type.contains("SubscribeToShardEvent")) {
            return;
        }
        events.incrementAndGet();
        started.complete(null);
        String event = new String(message.getPayload(), UTF_8);
        int at = event.indexOf(DATA);
        while (at >= 0) {
            int from = at + DATA.length();
            int to = event.indexOf('"', from);
            String text = new String(Base64.getDecoder().decode(event.substring(from, to)), UTF_8);
            int space = text.indexOf(' ');
            texts.add(space < 0 ? text : text.substring(0, space));
            at = event.indexOf(DATA, to);
        }
    }
}
