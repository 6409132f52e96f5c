package io.millrace.streamcore.http;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.Ticker;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2FrameTypes;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Stands before the codec of an HTTP/2 connection and closes it when a header, in one frame or several (RFC 9113, section
 * 4.3), or another frame takes too long to arrive: the codec keeps what came of it, and each byte more keeps the connection
 * from being idle. Belongs to its connection's event loop.
 */
final class FrameClock extends ChannelInboundHandlerAdapter {
    private static final int HEAD_BYTES = 9;
    private static final int END_HEADERS = 0x4;
    private static final Duration CHECK_EVERY = Duration.ofSeconds(5);

    private final HttpLimits limits;
    private final Refusals refusals;
    private final Ticker ticker;

    private int prefaceLeft = Http2CodecUtil.connectionPrefaceBuf().readableBytes();
    private int headBytes;
    private int length;
    private int type;
    private int flags;
    private int payloadLeft;
    private boolean isHeaderOpen;
    private boolean hasEnded;
    private boolean isOpen;
    private long since;
    private @Nullable Future<?> checks;

    /** A clock for a connection whose preface is still to come. */
    FrameClock(HttpContext shared) {
        this.limits = shared.limits();
        this.refusals = requireNonNull(shared.refusals(), "refusals");
        this.ticker = shared.ticker();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        if (checks != null) {
            checks.cancel(false);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof ByteBuf bytes) {
            follow(bytes);
            boolean wasOpen = isOpen;
            isOpen = headBytes > 0 || payloadLeft > 0 || isHeaderOpen;
            if (isOpen && (!wasOpen || hasEnded)) {
                since = ticker.nanoTime();
                startChecks(context);
            }
        }
        context.fireChannelRead(message);
    }

    private void follow(ByteBuf bytes) {
        hasEnded = false;
        int at = bytes.readerIndex();
        int end = bytes.writerIndex();
        int preface = Math.min(prefaceLeft, end - at);
        prefaceLeft -= preface;
        at += preface;
        while (at < end) {
            if (payloadLeft > 0) {
                int part = Math.min(payloadLeft, end - at);
                payloadLeft -= part;
                at += part;
            } else {
                head(bytes.getUnsignedByte(at++));
            }
            if (payloadLeft == 0 && headBytes == 0) {
                frameEnds();
            }
        }
    }

    /** One more byte of a frame's head: three of length, the type, the flags, four of the stream. */
    private void head(int next) {
        headBytes++;
        if (headBytes <= 3) {
            length = (headBytes == 1 ? 0 : length << 8) | next;
        } else if (headBytes == 4) {
            type = next;
        } else if (headBytes == 5) {
            flags = next;
        } else if (headBytes == HEAD_BYTES) {
            headBytes = 0;
            payloadLeft = length;
        }
    }

    private void frameEnds() {
        if (isOfHeader()) {
            isHeaderOpen = (flags & END_HEADERS) == 0;
        }
        hasEnded |= !isHeaderOpen;
    }

    private boolean isOfHeader() {
        return type == Http2FrameTypes.HEADERS || type == Http2FrameTypes.CONTINUATION;
    }

    private void startChecks(ChannelHandlerContext context) {
        if (checks == null) {
            long every =
                    Math.max(1, Math.min(CHECK_EVERY.toMillis(), limits.header().toMillis() / 2));
            checks = context.executor()
                    .scheduleWithFixedDelay(() -> check(context), every, every, TimeUnit.MILLISECONDS);
        }
    }

    private void check(ChannelHandlerContext context) {
        boolean isHeader = isHeaderOpen || headBytes > 0 || isOfHeader();
        if (isOpen && ticker.since(since).compareTo(isHeader ? limits.header() : limits.request()) > 0) {
            refusals.refused(RequestHandler.peer(context.channel()), 0, RequestHandler.SLOW);
            Ends.close(context);
        }
    }
}
