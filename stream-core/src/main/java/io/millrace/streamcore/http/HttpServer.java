package io.millrace.streamcore.http;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.streamcore.api.call.ApiHandler;
import io.millrace.streamcore.api.operate.MemoryShortage;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Listens, and hands whole requests to a handler. Safe for any thread; closing blocks, so never from an event loop. */
public final class HttpServer implements AutoCloseable {
    private final HttpLimits limits;
    private final Transport transport;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final ChannelGroup listeners = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final Drain drain = new Drain();
    private final PushLoad load = new PushLoad();
    private final Sources sources = new Sources();
    private final Refusals refusals;
    private final RequestMemory memory;
    private final Tls tls;

    private HttpServer(HttpLimits limits, Refusals refusals, Tls tls, Transport transport) {
        this.limits = limits;
        this.refusals = refusals;
        this.tls = tls;
        this.transport = transport;
        this.memory = new RequestMemory(
                limits, connection -> refusals.refused(RequestHandler.peer(connection), 0, "TooMuchHeld"));
    }

    /**
     * Begins to listen, and tells nobody what is refused.
     *
     * @param handler answers a request; called on an event loop, must not block
     * @throws IOException with a text for the user if an address cannot be bound or a certificate cannot be read
     */
    public static Bound start(HttpSettings settings, ApiHandler handler, Platform platform) throws IOException {
        return start(settings, handler, Refusals.NONE, new MemoryShortage(platform.ticker()), platform);
    }

    /**
     * Begins to listen.
     *
     * @param handler answers a request; called on an event loop, must not block
     * @param refusals hears of what never becomes a request
     * @param shortage hears when the JVM has no memory left for a request
     * @throws IOException with a text for the user if an address cannot be bound or a certificate cannot be read
     */
    public static Bound start(
            HttpSettings settings, ApiHandler handler, Refusals refusals, MemoryShortage shortage, Platform platform)
            throws IOException {
        return start(settings, handler, refusals, shortage, platform, Transport::best);
    }

    /** The same on a transport that is closed with the server. */
    static Bound start(
            HttpSettings settings,
            ApiHandler handler,
            Refusals refusals,
            MemoryShortage shortage,
            Platform platform,
            Supplier<Transport> transport)
            throws IOException {
        requireNonNull(handler, "handler");
        InetAddress address = resolve(settings.host());
        Tls tls = Tls.of(settings.pem(), address, platform.clock().instant());
        HttpServer server = new HttpServer(settings.limits(), refusals, tls, transport.get());
        try {
            Protocols protocols = new Protocols(
                    tls,
                    new HttpContext(
                            settings.limits(),
                            handler,
                            refusals,
                            platform.ticker(),
                            server.drain,
                            server.load,
                            server.memory,
                            shortage));
            InetSocketAddress main = server.bind(new InetSocketAddress(address, settings.port()), protocols);
            Optional<InetSocketAddress> second = Optional.empty();
            if (settings.tlsPort().isPresent()) {
                int port = settings.tlsPort().getAsInt();
                second = Optional.of(server.bind(new InetSocketAddress(address, port), protocols));
            }
            return new Bound(server, main, second);
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /** How many bytes of pushed bodies wait in memory for their clients to take them. */
    public long waitingBytes() {
        return load.waiting();
    }

    /** How many bytes requests in hand hold. */
    public long requestBytes() {
        return memory.held();
    }

    /** How many bytes of answers wait in memory for their clients to take them, those of pushed bodies left out. */
    public long answerBytes() {
        return memory.answers();
    }

    /**
     * Reads the certificate and its key again when they change. Connections that are open keep theirs.
     *
     * @param loop where they are read, until the loop is closed; may block
     */
    public void watchCertificate(EventLoop loop) {
        tls.watch(loop);
    }

    /** Why the files of the certificate cannot be used any more, while those read before are; empty while they can. */
    public Optional<String> certificateFlaw() {
        return tls.flaw();
    }

    /** How many connections are open. */
    public int connections() {
        return connections.size();
    }

    /**
     * Stops to listen, ends pushed bodies, lets requests in hand be answered within the drain time, and closes all connections.
     * Does nothing when called again.
     */
    @Override
    public void close() {
        if (!drain.begin()) {
            return;
        }
        listeners.close().awaitUninterruptibly();
        for (Channel connection : connections) {
            connection.pipeline().fireUserEventTriggered(Draining.EVENT);
        }
        connections.newCloseFuture().awaitUninterruptibly(limits.drain().toMillis());
        // Ends what is still open.
        transport.group().shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    private InetSocketAddress bind(InetSocketAddress address, Protocols protocols) throws IOException {
        ChannelFuture bound = new ServerBootstrap()
                .group(transport.group())
                .channel(transport.serverChannel())
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(ChannelOption.SO_BACKLOG, 1024)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accept(channel, protocols);
                    }
                })
                .bind(address)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(explain(address, bound.cause()), bound.cause());
        }
        listeners.add(bound.channel());
        return (InetSocketAddress) bound.channel().localAddress();
    }

    private void accept(Channel channel, Protocols protocols) {
        if (drain.isBegun()) {
            Ends.close(channel);
            return;
        }
        InetAddress peer = RequestHandler.peer(channel);
        int fromThere = sources.opened(peer);
        channel.closeFuture().addListener(closed -> sources.closed(peer));
        if (connections.size() >= limits.maxConnections() || fromThere > limits.maxConnectionsPerSource()) {
            refusals.refused(peer, 0, "TooManyConnections");
            Ends.close(channel);
            return;
        }
        connections.add(channel);
        protocols.sniff(channel.pipeline(), true);
    }

    private static InetAddress resolve(String host) throws IOException {
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new IOException("Cannot listen on " + host + ": no such host name.", e);
        }
    }

    private static String explain(InetSocketAddress address, Throwable cause) {
        String where = "port " + address.getPort() + " of " + address.getHostString();
        String reason = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
        if (reason.contains("already in use")) {
            return "Cannot listen on " + where + ": another program uses it. Stop that program or choose another port.";
        }
        if (reason.contains("permission denied")) {
            return "Cannot listen on " + where + ": permission denied. Choose a port above 1023.";
        }
        return "Cannot listen on " + where + ": " + cause.getMessage();
    }

    /**
     * A server that listens.
     *
     * @param server what to close
     * @param main where it takes everything
     * @param second the second port, if one was asked for
     */
    public record Bound(HttpServer server, InetSocketAddress main, Optional<InetSocketAddress> second) {}

    /** Tells a connection that the server is closing. */
    enum Draining {
        EVENT
    }
}
