package io.millrace.streamcore.http;

import static java.util.Objects.requireNonNull;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.ReferenceCountUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What concerns an HTTP/2 connection as a whole: a window wide enough for many requests at a time, and its end when it
 * idles or the server closes. Belongs to its connection's event loop.
 */
final class Http2Session extends ChannelInboundHandlerAdapter {
    private static final Logger log = LoggerFactory.getLogger(Http2Session.class);

    private final int window;

    /** A session that lets {@code window} bytes of request bodies be on their way at a time. */
    Http2Session(int window) {
        this.window = window;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) throws Http2Exception {
        Http2Connection connection =
                requireNonNull(context.pipeline().get(Http2FrameCodec.class)).connection();
        int initial = connection.local().flowController().initialWindowSize();
        connection.local().flowController().incrementWindowSize(connection.connectionStream(), window - initial);
        context.flush();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object frame) {
        // Frames of the connection itself (settings, pings) were handled by the codec.
        ReferenceCountUtil.release(frame);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event == HttpServer.Draining.EVENT || event instanceof IdleStateEvent) {
            // Says GOAWAY and waits for open streams.
            Ends.close(context.channel());
        }
        context.fireUserEventTriggered(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        log.debug("HTTP/2 connection with {} failed", context.channel().remoteAddress(), cause);
        Ends.close(context);
    }
}
