package io.millrace.streamcore.http;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;

/**
 * Makes one flush of many: what the streams of a connection have to say at one time, such as pipes of one shard, goes out
 * in one system call. A flush passes at the end of the read during which it was asked for, else as a task of the event
 * loop; earlier only if so many wait that the socket should begin to work, or if the connection closes.
 *
 * <p>It never passes because the channel became full, as Netty's own handler lets it: a codec writes a frame in several
 * writes, and the channel can become full by the first of them. A flush there makes room, the codec above writes what
 * waited for room, and those bytes land inside of the frame.
 *
 * <p>Belongs to its connection's event loop.
 */
final class FlushConsolidator extends ChannelDuplexHandler {
    private final int maxWaiting;
    private int waiting;
    private boolean reading;
    private boolean scheduled;

    /** A handler that lets every {@code maxWaiting}th flush pass at once. */
    FlushConsolidator(int maxWaiting) {
        if (maxWaiting < 1) {
            throw new IllegalArgumentException("at least one flush must wait: " + maxWaiting);
        }
        this.maxWaiting = maxWaiting;
    }

    @Override
    public void flush(ChannelHandlerContext context) {
        waiting++;
        if (waiting == maxWaiting) {
            pass(context);
        } else if (!reading) {
            schedule(context);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        reading = true;
        context.fireChannelRead(message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        // The codec flushes in here what was said during the read; that is still a part of it.
        context.fireChannelReadComplete();
        reading = false;
        pass(context);
    }

    @Override
    public void disconnect(ChannelHandlerContext context, ChannelPromise promise) {
        pass(context);
        var unused = context.disconnect(promise);
    }

    @Override
    public void close(ChannelHandlerContext context, ChannelPromise promise) {
        pass(context);
        var unused = context.close(promise);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        pass(context);
    }

    private void schedule(ChannelHandlerContext context) {
        if (!scheduled) {
            scheduled = true;
            context.executor().execute(() -> {
                scheduled = false;
                pass(context);
            });
        }
    }

    /** Sends what was flushed, if anything was. */
    private void pass(ChannelHandlerContext context) {
        if (waiting > 0) {
            waiting = 0;
            context.flush();
        }
    }
}
