package io.millrace.streamcore.http;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;

/**
 * How sockets are served: epoll where its native library is present and the system is Linux, else the JDK's selectors.
 *
 * @param group the event loops
 * @param serverChannel the kind of listening socket that fits them
 */
record Transport(EventLoopGroup group, Class<? extends ServerChannel> serverChannel) {
    private static final String THREAD_NAME = "millrace-http";

    /** The best transport here, with one event loop a processor. */
    static Transport best() {
        return Epoll.isAvailable()
                ? new Transport(group(EpollIoHandler.newFactory()), EpollServerSocketChannel.class)
                : selectors();
    }

    /** The JDK's selectors, which are everywhere. */
    static Transport selectors() {
        return new Transport(group(NioIoHandler.newFactory()), NioServerSocketChannel.class);
    }

    private static EventLoopGroup group(IoHandlerFactory handlers) {
        int loops = Runtime.getRuntime().availableProcessors();
        return new MultiThreadIoEventLoopGroup(loops, new DefaultThreadFactory(THREAD_NAME, true), handlers);
    }
}
