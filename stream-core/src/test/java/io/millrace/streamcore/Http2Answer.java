package io.millrace.streamcore;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.util.concurrent.CompletableFuture;

/** Collects the answer that comes on one stream. */
final class Http2Answer extends ChannelInboundHandlerAdapter {
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private final CompletableFuture<String> whole = new CompletableFuture<>();

    /** The body, when its end has come. */
    CompletableFuture<String> whole() {
        return whole;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object frame) throws Exception {
        try {
            if (frame instanceof Http2DataFrame data) {
                data.content().readBytes(body, data.content().readableBytes());
                if (data.isEndStream()) {
                    whole.complete(body.toString(UTF_8));
                }
            } else if (frame instanceof Http2HeadersFrame headers && headers.isEndStream()) {
                whole.complete("");
            }
        } finally {
            ReferenceCountUtil.release(frame);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        whole.completeExceptionally(new AssertionError("the stream ended before its answer"));
    }
}
