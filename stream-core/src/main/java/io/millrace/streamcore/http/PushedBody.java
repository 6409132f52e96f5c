package io.millrace.streamcore.http;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.Ticker;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.ByteBuffer;
import java.time.Duration;
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
    /** Large pieces are written in parts, so that it shows when a slow client takes some of them. */
    private static final int PART = 64 << 10;

    private final ChannelHandlerContext context;
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
     * @param load is told of what waits
     * @param whenSent runs on the event loop when all of it is on its way; not if the client leaves before
     */
    PushedBody(ChannelHandlerContext context, Ticker ticker, PushLoad load, Runnable whenSent) {
        this.context = requireNonNull(context, "context");
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
        onLoop(() -> {
            isAsked = false;
            if (!isOver) {
                write(piece);
                resume();
            }
        });
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

    private void write(ByteBuffer piece) {
        ByteBuf all = Unpooled.wrappedBuffer(piece);
        if (partsUnderWay == 0) {
            lastProgress = ticker.nanoTime();
        }
        while (all.isReadable()) {
            ByteBuf part = all.readRetainedSlice(Math.min(PART, all.readableBytes()));
            int size = part.readableBytes();
            partsUnderWay++;
            load.add(size);
            context.write(new DefaultHttpContent(part)).addListener(done -> {
                partsUnderWay--;
                load.add(-size);
                lastProgress = ticker.nanoTime();
            });
        }
        all.release();
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
}
