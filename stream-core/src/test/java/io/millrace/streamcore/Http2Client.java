package io.millrace.streamcore;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.util.ReferenceCountUtil;
import java.net.URI;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * One HTTP/2 connection, by prior knowledge and without TLS, whose streams each have a window of their own: the
 * connection's is as wide as can be, so that a stream that takes nothing holds no other up. Calls and pipes share it.
 */
final class Http2Client implements AutoCloseable {
    /** What a stream may send before its client has taken any of it; the protocol's default. */
    static final int STREAM_WINDOW = 65_535;

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final String authority;
    private final Channel connection;

    Http2Client(URI endpoint) {
        this(endpoint, endpoint.getAuthority());
    }

    /** One that calls the server by another name. */
    Http2Client(URI endpoint, String authority) {
        this.authority = authority;
        this.connection = new Bootstrap()
                .group(group)
                .channel(NioSocketChannel.class)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        Http2FrameCodec codec = Http2FrameCodecBuilder.forClient()
                                .initialSettings(Http2Settings.defaultSettings().initialWindowSize(STREAM_WINDOW))
                                .build();
                        channel.pipeline().addLast(codec, new Http2MultiplexHandler(new Dropper()), new WideWindow());
                    }
                })
                .connect(endpoint.getHost(), endpoint.getPort())
                .syncUninterruptibly()
                .channel();
    }

    /** Calls an operation and gives the text of its answer, whatever its status. */
    CompletableFuture<String> call(String operation, String json) {
        Http2Answer answer = new Http2Answer();
        send(operation, json, answer);
        return answer.whole();
    }

    /** Opens a pipe. */
    Http2Pipe subscribe(String consumerArn, String shard, String type) {
        Http2Pipe pipe = new Http2Pipe();
        pipe.opened(send(
                "SubscribeToShard",
                "{\"ConsumerARN\":\"%s\",\"ShardId\":\"%s\",\"StartingPosition\":{\"Type\":\"%s\"}}"
                        .formatted(consumerArn, shard, type),
                pipe));
        return pipe;
    }

    private Http2StreamChannel send(String operation, String json, ChannelHandler handler) {
        try {
            Http2StreamChannel stream = new Http2StreamChannelBootstrap(connection)
                    .handler(handler)
                    .open()
                    .get(20, TimeUnit.SECONDS);
            var unusedHeaders = stream.write(new DefaultHttp2HeadersFrame(new DefaultHttp2Headers()
                    .method("POST")
                    .scheme("http")
                    .authority(authority)
                    .path("/")
                    .add("content-type", "application/x-amz-json-1.1")
                    .add("x-amz-target", "Kinesis_20131202." + operation)
                    .add("x-amz-date", "20260101T000000Z")
                    .add(
                            "authorization",
                            "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/kinesis/aws4_request,"
                                    + " SignedHeaders=host, Signature=0")));
            var unusedBody =
                    stream.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(json.getBytes(UTF_8)), true));
            return stream;
        } catch (Exception e) {
            throw new AssertionError("no stream for " + operation, e);
        }
    }

    @Override
    public void close() {
        connection.close().awaitUninterruptibly(20, TimeUnit.SECONDS);
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    /** What a server begins by itself, or what belongs to no stream. */
    @ChannelHandler.Sharable
    private static final class Dropper extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ReferenceCountUtil.release(message);
        }
    }

    /** Widens the connection's window as soon as there is a connection. */
    private static final class WideWindow extends ChannelInboundHandlerAdapter {
        @Override
        public void channelActive(ChannelHandlerContext context) throws Http2Exception {
            Http2Connection all = context.pipeline().get(Http2FrameCodec.class).connection();
            all.local().flowController().incrementWindowSize(all.connectionStream(), 1 << 30);
            context.flush();
            context.fireChannelActive();
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ReferenceCountUtil.release(message);
        }
    }
}
