package io.millrace.streamcore.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the first bytes of a connection, then makes way for the protocol they belong to: a TLS handshake begins with
 * 0x16 (RFC 8446), HTTP/2 with its preface (RFC 9113), all else is HTTP/1.1. The preface decides within TLS too when ALPN
 * said nothing, because the AWS SDK for Java speaks HTTP/2 there without asking. Belongs to its connection's event loop.
 */
final class ProtocolSniffer extends ByteToMessageDecoder {
    private static final int TLS_HANDSHAKE = 0x16;

    private final Protocols protocols;
    private final HttpLimits limits;
    private final boolean mayBeTls;
    private boolean hasBegun;
    private @Nullable Future<?> deadline;

    /** A sniffer that gives up on a connection that stays silent, or undecided once it began to speak. */
    ProtocolSniffer(Protocols protocols, HttpLimits limits, boolean mayBeTls) {
        this.protocols = protocols;
        this.limits = limits;
        this.mayBeTls = mayBeTls;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        closeAfter(context, limits.request());
    }

    private void closeAfter(ChannelHandlerContext context, Duration limit) {
        if (deadline != null) {
            deadline.cancel(false);
        }
        deadline = context.executor()
                .schedule(
                        () -> {
                            if (hasBegun) {
                                protocols.cutSlow(context.channel());
                            }
                            Ends.close(context);
                        },
                        limit.toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext context) {
        if (deadline != null) {
            deadline.cancel(false);
        }
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        if (!in.isReadable()) {
            return;
        }
        ChannelPipeline pipeline = context.pipeline();
        if (mayBeTls && in.getUnsignedByte(in.readerIndex()) == TLS_HANDSHAKE) {
            protocols.tls(pipeline);
        } else {
            ByteBuf preface = Http2CodecUtil.connectionPrefaceBuf();
            int seen = Math.min(in.readableBytes(), preface.readableBytes());
            boolean isLikePreface = in.slice(in.readerIndex(), seen).equals(preface.slice(0, seen));
            if (!isLikePreface) {
                protocols.http1(pipeline);
            } else if (seen == preface.readableBytes()) {
                protocols.http2(pipeline);
            } else {
                if (!hasBegun) {
                    hasBegun = true;
                    closeAfter(context, limits.header());
                }
                return;
            }
        }
        // Removal hands the bytes seen so far to the handlers just added.
        pipeline.remove(this);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
        if (event == HttpServer.Draining.EVENT) {
            Ends.close(context);
        }
        super.userEventTriggered(context, event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        Ends.close(context);
    }
}
