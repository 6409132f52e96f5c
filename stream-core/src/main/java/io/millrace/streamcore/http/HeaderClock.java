package io.millrace.streamcore.http;

import io.millrace.runtime.Ticker;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.time.Duration;

/**
 * Stands before the decoder of a connection and notes when a header began, which the decoder does not tell before it has
 * all of it: so a header that comes byte by byte does not pass for an idle connection. Belongs to its channel's event loop.
 */
final class HeaderClock extends ChannelInboundHandlerAdapter {
    private final Ticker ticker;
    private boolean hasBegun;
    private long since;

    HeaderClock(Ticker ticker) {
        this.ticker = ticker;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object bytes) {
        if (!hasBegun) {
            hasBegun = true;
            since = ticker.nanoTime();
        }
        context.fireChannelRead(bytes);
    }

    /** What came so far was no header, or a whole one. */
    void reset() {
        hasBegun = false;
    }

    /** True when a header that began is not complete after {@code limit}. */
    boolean isLate(Duration limit) {
        return hasBegun && ticker.since(since).compareTo(limit) > 0;
    }
}
