package io.millrace.streamcore.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerUpgradeHandler;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ServerUpgradeCodec;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.AsciiString;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Builds the pipeline of a connection, step by step as its protocol becomes known. Immutable. */
final class Protocols {
    private static final Logger log = LoggerFactory.getLogger(Protocols.class);
    private static final int MAX_LINE = 8 << 10;
    private static final int MAX_HEADERS = 32 << 10;
    private static final int CHUNK = 64 << 10;
    private static final int RESET_SECONDS = 30;
    private static final int STREAM_WINDOW = 1 << 20;
    private static final int MAX_WAITING_FLUSHES = 64;
    private static final int MAX_UPGRADING_BODY = 8 << 10;
    /** Bounds the bodies that one connection can have on their way. */
    static final int CONNECTION_WINDOW = 32 << 20;

    private final Tls tls;
    private final HttpContext shared;
    private final Answers answers;

    Protocols(Tls tls, HttpContext shared) {
        this.tls = tls;
        this.shared = shared;
        this.answers = new Answers(shared.memory(), shared.shortage(), shared.refusals());
    }

    /** Lets the first bytes decide. */
    void sniff(ChannelPipeline pipeline, boolean mayBeTls) {
        pipeline.addLast(new ProtocolSniffer(this, shared.limits(), mayBeTls));
    }

    /** A connection is cut because it takes too long to say what it wants. */
    void cutSlow(Channel channel) {
        shared.refusals().refused(RequestHandler.peer(channel), 0, RequestHandler.SLOW);
    }

    /** TLS; then whatever ALPN says, or the first bytes inside if it says nothing. */
    void tls(ChannelPipeline pipeline) {
        pipeline.addLast(tls.current().newHandler(pipeline.channel().alloc()));
        pipeline.addLast(new ApplicationProtocolNegotiationHandler("") {
            @Override
            protected void configurePipeline(ChannelHandlerContext context, String protocol) {
                switch (protocol) {
                    case ApplicationProtocolNames.HTTP_2 -> http2(context.pipeline());
                    case ApplicationProtocolNames.HTTP_1_1 -> http1(context.pipeline());
                    default -> sniff(context.pipeline(), false);
                }
            }

            @Override
            protected void handshakeFailure(ChannelHandlerContext context, Throwable cause) {
                log.debug("TLS handshake with {} failed", context.channel().remoteAddress(), cause);
                Ends.close(context);
            }
        });
    }

    /** HTTP/1.1, with the way up to HTTP/2 by upgrade. */
    void http1(ChannelPipeline pipeline) {
        HttpServerCodec codec = new HttpServerCodec(new HttpDecoderConfig()
                .setMaxInitialLineLength(MAX_LINE)
                .setMaxHeaderSize(MAX_HEADERS)
                .setMaxChunkSize(CHUNK));
        pipeline.addLast(new HeaderClock(shared.ticker()));
        pipeline.addLast(codec);
        // An upgrade comes with the first request or not at all, so the handler goes out of the way of the others.
        pipeline.addLast(
                new HttpServerUpgradeHandler(
                        codec,
                        this::upgrade,
                        MAX_UPGRADING_BODY,
                        DefaultHttpHeadersFactory.headersFactory(),
                        DefaultHttpHeadersFactory.trailersFactory(),
                        true) {
                    /** It keeps the whole request, which nobody has looked at; one with more is answered without an upgrade. */
                    @Override
                    protected boolean shouldHandleUpgradeRequest(HttpRequest request) {
                        return HeaderRules.flawOrNull(request, RequestHandler.Wire.HTTP_1) == null
                                && !HttpUtil.isTransferEncodingChunked(request)
                                && HttpUtil.getContentLength(request, 0L) <= MAX_UPGRADING_BODY;
                    }
                });
        pipeline.addLast(requestHandler(RequestHandler.Wire.HTTP_1, pipeline.channel()));
    }

    private HttpServerUpgradeHandler.@Nullable UpgradeCodec upgrade(CharSequence protocol) {
        return AsciiString.contentEquals(Http2CodecUtil.HTTP_UPGRADE_PROTOCOL_NAME, protocol)
                ? new Http2ServerUpgradeCodec(frameCodec(), multiplexer())
                : null;
    }

    /** HTTP/2. */
    void http2(ChannelPipeline pipeline) {
        Http2FrameCodec codec = frameCodec();
        pipeline.addLast(new IdleStateHandler(0, 0, shared.limits().idle().toMillis(), TimeUnit.MILLISECONDS));
        pipeline.addLast(new FlushConsolidator(MAX_WAITING_FLUSHES));
        pipeline.addLast(new FrameClock(shared));
        pipeline.addLast(codec);
        pipeline.addLast(multiplexer());
        pipeline.addLast(new Http2Session(CONNECTION_WINDOW, shared));
    }

    private Http2FrameCodec frameCodec() {
        return Http2FrameCodecBuilder.forServer()
                .initialSettings(Http2Settings.defaultSettings()
                        .maxConcurrentStreams(shared.limits().maxStreams())
                        .initialWindowSize(STREAM_WINDOW)
                        .maxHeaderListSize(MAX_HEADERS))
                // A client may give up all its requests at once, but not make and drop them without end.
                .decoderEnforceMaxRstFramesPerWindow(shared.limits().maxStreams() * 2, RESET_SECONDS)
                // Nor may it have the server drop them, by frames that are wrong.
                .encoderEnforceMaxRstFramesPerWindow(shared.limits().maxStreams() * 2, RESET_SECONDS)
                .gracefulShutdownTimeoutMillis(shared.limits().drain().toMillis())
                .build();
    }

    private Http2MultiplexHandler multiplexer() {
        return new Http2MultiplexHandler(new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel stream) {
                stream.pipeline().addLast(new Http2StreamFrameToHttpObjectCodec(true));
                stream.pipeline().addLast(requestHandler(RequestHandler.Wire.HTTP_2, stream.parent()));
            }
        });
    }

    private RequestHandler requestHandler(RequestHandler.Wire wire, Channel connection) {
        return new RequestHandler(wire, shared, answers, shared.memory().of(connection));
    }
}
