package io.millrace.streamcore.http;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.Ticker;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends a body that a publisher pushes, piece by piece. The next piece is asked for only while the channel is writable,
 * which on an HTTP/2 stream says that the client's window and the connection both have room: at most one piece and
 * Netty's high-water mark (64 KiB) wait in memory, whatever the client does.
 *
 * <p>Belongs to its channel's event loop; the publisher may call from any thread.
 */
final class PushedBody implements Flow.Subscriber<ByteBuffer> {
    private static final Logger log = LoggerFactory.getLogger(PushedBody.class);

    private final ChannelHandlerContext context;
    private final Form form;
    private final ChannelHandlerContext codec;
    private final PushOutbox outbox;
    private final Ticker ticker;
    private final PushLoad load;
    private final Runnable whenSent;
    private Flow.@Nullable Subscription upstream;
    private boolean isAsked;
    private boolean isOver;
    private int partsUnderWay;
    private long lastProgress;

    /**
     * A body to be sent on this channel.
     *
     * @param form what it consists of there
     * @param load is told of what waits
     * @param whenSent runs on the event loop when all of it is on its way; not if the client leaves before
     */
    PushedBody(ChannelHandlerContext context, Form form, Ticker ticker, PushLoad load, Runnable whenSent) {
        this.context = requireNonNull(context, "context");
        this.form = requireNonNull(form, "form");
        this.codec = requireNonNull(context.pipeline().context(form.codec), "codec");
        this.outbox = load.outbox(context.executor());
        this.ticker = requireNonNull(ticker, "ticker");
        this.load = requireNonNull(load, "load");
        this.whenSent = requireNonNull(whenSent, "whenSent");
        this.lastProgress = ticker.nanoTime();
    }

    /** Lets go of a body that nobody will take. */
    static void refuse(Flow.Publisher<ByteBuffer> publisher) {
        publisher.subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                subscription.cancel();
            }

            @Override
            public void onNext(ByteBuffer piece) {}

            @Override
            public void onError(Throwable error) {}

            @Override
            public void onComplete() {}
        });
    }

    /** The channel may have become writable. Event loop only. */
    void resume() {
        if (upstream != null && !isAsked && !isOver && context.channel().isWritable()) {
            isAsked = true;
            upstream.request(1);
        }
    }

    /** Ends the body cleanly after what was already written, unless its end is under way. Event loop only. */
    void end() {
        if (!isOver) {
            cancel();
            finish();
        }
    }

    /** The client is gone. Event loop only. */
    void cancel() {
        if (upstream != null) {
            upstream.cancel();
        }
        isOver = true;
    }

    /** True if the client has taken nothing for longer than {@code limit} although something waits. Event loop only. */
    boolean isStalled(Duration limit) {
        return partsUnderWay > 0 && ticker.since(lastProgress).compareTo(limit) > 0;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        onLoop(() -> {
            upstream = subscription;
            if (isOver) {
                subscription.cancel();
            } else {
                resume();
            }
        });
    }

    @Override
    public void onNext(ByteBuffer piece) {
        outbox.add(this, piece);
    }

    @Override
    public void onError(Throwable error) {
        onLoop(() -> {
            log.error("A pushed body failed", error);
            isOver = true;
            Ends.close(context);
        });
    }

    @Override
    public void onComplete() {
        onLoop(() -> {
            if (!isOver) {
                isOver = true;
                finish();
            }
        });
    }

    /**
     * Sends a piece, or only writes it if {@link #sharesConnection}: then the caller has to flush the connection. False if
     * the body is over. Event loop only.
     */
    boolean write(Piece piece) {
        if (isOver) {
            return false;
        }
        send(piece);
        // Not before: sending may make the channel full and writable again, and the caller resumes once all is sent.
        isAsked = false;
        return true;
    }

    /** All of it past the codec: what it would make of the parts is made already, once for all that get them. */
    private void send(Piece piece) {
        if (form == Form.FRAMES) {
            piece.plain()
                    .forEach(part -> follow(codec.write(new DefaultHttp2DataFrame(part.retainedDuplicate())), part));
            return;
        }
        List<ByteBuf> parts = form == Form.CHUNKS ? piece.chunks() : piece.plain();
        if (parts.size() == 1) {
            ByteBuf only = parts.get(0);
            ChannelFuture sent = codec.writeAndFlush(only.retainedDuplicate());
            // As a rule the socket has taken it by now, and there is nothing to follow.
            if (!sent.isDone()) {
                follow(sent, only);
            }
        } else {
            parts.forEach(part -> follow(codec.write(part.retainedDuplicate()), part));
            codec.flush();
        }
    }

    /** Counts a part as waiting for the client until it is sent. */
    private void follow(ChannelFuture sent, ByteBuf part) {
        int size = part.readableBytes();
        if (partsUnderWay == 0) {
            lastProgress = ticker.nanoTime();
        }
        partsUnderWay++;
        load.add(size);
        sent.addListener(done -> {
            partsUnderWay--;
            load.add(-size);
            lastProgress = ticker.nanoTime();
        });
    }

    /** Whether other bodies may be on the same connection, which then is flushed once for all of them. */
    boolean sharesConnection() {
        return form == Form.FRAMES;
    }

    /** The connection, whose other streams are flushed with this one. */
    Channel connection() {
        Channel channel = context.channel();
        return sharesConnection() ? channel.parent() : channel;
    }

    /** Sends what is written. Event loop only. */
    void flush() {
        context.flush();
    }

    private void finish() {
        if (context.channel().isActive()) {
            context.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT).addListener(done -> whenSent.run());
        }
    }

    private void onLoop(Runnable task) {
        try {
            context.executor().execute(task);
        } catch (RejectedExecutionException closed) {
            // The server has closed and the channel with it.
        }
    }

    /** What a body consists of, and whose work that would be. */
    enum Form {
        /** Chunks of HTTP/1.1. */
        CHUNKS(HttpServerCodec.class),
        /** Bytes until the end of the connection, for HTTP/1.0. */
        BYTES(HttpServerCodec.class),
        /** Frames of an HTTP/2 stream. */
        FRAMES(Http2StreamFrameToHttpObjectCodec.class);

        private final Class<? extends ChannelHandler> codec;

        Form(Class<? extends ChannelHandler> codec) {
            this.codec = codec;
        }
    }
}
