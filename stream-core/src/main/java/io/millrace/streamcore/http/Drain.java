package io.millrace.streamcore.http;

import io.netty.channel.Channel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.util.concurrent.atomic.AtomicBoolean;

/** The server's coming end, and who has to be told of it. Safe for any thread. */
final class Drain {
    private final AtomicBoolean isBegun = new AtomicBoolean();
    private final ChannelGroup told = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);

    /** True once the server is closing. */
    boolean isBegun() {
        return isBegun.get();
    }

    /** Sends {@link HttpServer.Draining#EVENT} through the pipelines that asked for it. False if that was done before. */
    boolean begin() {
        if (!isBegun.compareAndSet(false, true)) {
            return false;
        }
        told.forEach(Drain::tell);
        return true;
    }

    /** Tells a channel, now if the server is closing already, else then; channels that close are forgotten. */
    void tellOnce(Channel channel) {
        told.add(channel);
        if (isBegun()) {
            tell(channel);
        }
    }

    private static void tell(Channel channel) {
        channel.pipeline().fireUserEventTriggered(HttpServer.Draining.EVENT);
    }
}
