package io.millrace.streamcore.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.runtime.SystemPlatform;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalChannel;
import io.netty.channel.local.LocalIoHandler;
import io.netty.channel.local.LocalServerChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.ReferenceCountUtil;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Pieces on one event loop with a client that takes all at once. */
final class PushOutboxTest {
    /** With what is around it, more than Netty lets wait before it calls a channel full. */
    private static final int PIECE = 64 << 10;

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, LocalIoHandler.newFactory());
    private final CompletableFuture<AlwaysReady> publisher = new CompletableFuture<>();

    @AfterEach
    void stop() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @Test
    void aPublisherThatIsAlwaysReadyLeavesOthersTheirTurn() throws Exception {
        LocalAddress address = new LocalAddress("outbox");
        new ServerBootstrap()
                .group(group)
                .channel(LocalServerChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new HttpServerCodec(), new Pusher());
                    }
                })
                .bind(address)
                .sync();
        Channel client = new Bootstrap()
                .group(group)
                .channel(LocalChannel.class)
                .handler(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(ChannelHandlerContext context, Object message) {
                        ReferenceCountUtil.release(message);
                    }
                })
                .connect(address)
                .sync()
                .channel();
        AlwaysReady ready = publisher.get(20, TimeUnit.SECONDS);
        assertThat(ready.all.get(20, TimeUnit.SECONDS)).isEqualTo(AlwaysReady.PIECES);
        // The first, and the one that was asked for once that was sent.
        assertThat(ready.beforeOthers.get(20, TimeUnit.SECONDS)).isLessThanOrEqualTo(2);
        client.close().sync();
    }

    /** Pushes to whoever connects. */
    private final class Pusher extends ChannelInboundHandlerAdapter {
        private @Nullable PushedBody body;

        @Override
        public void channelActive(ChannelHandlerContext context) {
            PushedBody next = new PushedBody(
                    context, PushedBody.Form.CHUNKS, new SystemPlatform().ticker(), new PushLoad(), () -> {});
            body = next;
            AlwaysReady ready = new AlwaysReady(next, context.channel().eventLoop());
            next.onSubscribe(ready);
            publisher.complete(ready);
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            if (body != null) {
                body.resume();
            }
        }
    }

    /** Pushes at once whenever it is asked. Belongs to the event loop. */
    private static final class AlwaysReady implements Flow.Subscription {
        static final int PIECES = 100;

        final CompletableFuture<Integer> all = new CompletableFuture<>();
        final CompletableFuture<Integer> beforeOthers = new CompletableFuture<>();

        private final PushedBody to;
        private final EventLoop loop;
        private int pieces;

        AlwaysReady(PushedBody to, EventLoop loop) {
            this.to = to;
            this.loop = loop;
        }

        @Override
        public void request(long count) {
            if (pieces == PIECES) {
                all.complete(pieces);
                return;
            }
            pieces++;
            to.onNext(ByteBuffer.allocate(PIECE));
            if (pieces == 1) {
                loop.execute(() -> beforeOthers.complete(pieces));
            }
        }

        @Override
        public void cancel() {}
    }
}
