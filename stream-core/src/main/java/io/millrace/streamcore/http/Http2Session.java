package io.millrace.streamcore.http;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.Ticker;
import io.millrace.streamcore.api.operate.MemoryShortage;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What concerns an HTTP/2 connection as a whole: a window wide enough for many requests at a time, and its end when it
 * idles or the server closes. Belongs to its connection's event loop.
 */
final class Http2Session extends ChannelInboundHandlerAdapter {
    private static final Logger log = LoggerFactory.getLogger(Http2Session.class);

    /** Pings and settings that need an answer; SDKs ping every few seconds. */
    private static final int MAX_CONTROL_FRAMES = 1_000;

    private static final String FLOOD = "Http2Flood";
    private static final Duration CONTROL_WINDOW = Duration.ofSeconds(30);

    private final int window;
    private final Refusals refusals;
    private final Ticker ticker;
    private final MemoryShortage shortage;
    private long controlSince;
    private int controlFrames;

    /** A session that lets {@code window} bytes of request bodies be on their way at a time. */
    Http2Session(int window, HttpContext shared) {
        this.window = window;
        this.refusals = shared.refusals();
        this.ticker = shared.ticker();
        this.shortage = shared.shortage();
        this.controlSince = ticker.nanoTime();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) throws Http2Exception {
        Http2Connection connection =
                requireNonNull(context.pipeline().get(Http2FrameCodec.class)).connection();
        int initial = connection.local().flowController().initialWindowSize();
        connection.local().flowController().incrementWindowSize(connection.connectionStream(), window - initial);
        connection.addListener(new Http2ConnectionAdapter() {
            @Override
            public void onGoAwaySent(int lastStream, long error, ByteBuf why) {
                if (error == Http2Error.ENHANCE_YOUR_CALM.code()) {
                    refusals.refused(RequestHandler.peer(context.channel()), 0, FLOOD);
                }
            }
        });
        context.flush();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object frame) {
        // Frames of the connection itself (settings, pings) were handled by the codec.
        ReferenceCountUtil.release(frame);
        if (ticker.since(controlSince).compareTo(CONTROL_WINDOW) > 0) {
            controlSince = ticker.nanoTime();
            controlFrames = 0;
        }
        if (++controlFrames == MAX_CONTROL_FRAMES) {
            log.debug(
                    "Closing the HTTP/2 connection with {}: flooded",
                    context.channel().remoteAddress());
            DefaultHttp2GoAwayFrame enough = new DefaultHttp2GoAwayFrame(Http2Error.ENHANCE_YOUR_CALM);
            // From the front of the pipeline: the codec's own close would wait for streams to end.
            context.writeAndFlush(enough)
                    .addListener(told -> Ends.close(context.pipeline().firstContext()));
        }
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
        if (shortage.noticed(cause)) {
            // From the front of the pipeline: nothing is left to end its streams with.
            Ends.close(context.pipeline().firstContext());
            return;
        }
        log.debug("HTTP/2 connection with {} failed", context.channel().remoteAddress(), cause);
        if (!(cause instanceof Http2Exception)) {
            Ends.close(context);
        }
        // Else the codec tells the client what is wrong, and closes.
    }
}
