package io.millrace.multilang.child;

import io.millrace.multilang.frame.FrameEncoder;
import io.millrace.multilang.frame.Hello;
import io.millrace.multilang.line.ToChild;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.runtime.TemporaryFolder;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The socket to which children connect that speak frames: a file in a folder that only this user may enter. One thread reads and
 * writes all connections and waits for none of them. Who connects must send a token first that a child was given and nobody has
 * used yet; others are dropped. Safe for any thread; what is told is told on the loop of the children.
 */
final class Sockets implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Sockets.class);

    /** Connections that have not said who they are, at most; the eldest is dropped for another one. */
    private static final int MOST_STRANGERS = 64;

    /** Connections that the system holds until they are accepted, as many as it allows: one more is refused, not kept waiting. */
    private static final int MOST_UNACCEPTED = 4_096;

    private static final Duration NEXT_TRY = Duration.ofSeconds(1);
    private static final int PIECE = 64 * 1024;
    private static final int TOKEN_BYTES = 16;

    private final TemporaryFolder folder;
    private final Path file;
    private final ServerSocketChannel server;
    private final Selector selector;
    private final EventLoop loop;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, SocketEvents> expected = new ConcurrentHashMap<>();
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private volatile boolean isClosing;

    // Owned by the thread.
    private final Set<Connection> strangers = new LinkedHashSet<>();
    private final FrameEncoder encoder = new FrameEncoder();
    private final ByteBuffer piece = ByteBuffer.allocateDirect(PIECE);
    private final byte[] chunk = new byte[PIECE];

    private Sockets(TemporaryFolder folder, Path file, ServerSocketChannel server, EventLoop loop) throws IOException {
        this.folder = folder;
        this.file = file;
        this.server = server;
        this.selector = Selector.open();
        this.loop = loop;
    }

    /**
     * Opens a socket and begins to serve it on a thread of {@code threads}.
     *
     * @throws IOException if the system has no such sockets, or the folder for temporary files cannot be written
     */
    static Sockets open(EventLoop loop, Platform.BlockingTasks threads) throws IOException {
        TemporaryFolder folder = TemporaryFolder.create("millrace-socket");
        ServerSocketChannel server = null;
        try {
            Path file = folder.path().resolve("s");
            server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(file), MOST_UNACCEPTED);
            server.configureBlocking(false);
            Sockets sockets = new Sockets(folder, file, server, loop);
            server.register(sockets.selector, SelectionKey.OP_ACCEPT);
            threads.execute(sockets::run);
            return sockets;
        } catch (IOException | RuntimeException failure) {
            if (server != null) {
                server.close();
            }
            folder.close();
            throw failure instanceof IOException notHere ? notHere : new IOException(failure.getMessage(), failure);
        }
    }

    /** The socket's name. */
    Path file() {
        return file;
    }

    /** A token for one connection, of which {@code events} will be told. */
    String expect(SocketEvents events) {
        byte[] secret = new byte[TOKEN_BYTES];
        random.nextBytes(secret);
        String token = HexFormat.of().formatHex(secret);
        expected.put(token, events);
        return token;
    }

    /** The token is of no use any more. */
    void forget(String token) {
        expected.remove(token);
    }

    /** Runs {@code task} on the thread, unless that has ended. */
    void execute(Runnable task) {
        if (!isClosing) {
            tasks.add(task);
            selector.wakeup();
        }
    }

    /** Runs {@code event} on the loop of the children. */
    void tell(Runnable event) {
        try {
            loop.execute(event);
        } catch (RejectedExecutionException over) {
            // Nobody is there any more to be told.
        }
    }

    /** The seat that waits for a child with this greeting; absent for a stranger. On the thread. */
    @Nullable
    SocketEvents known(Optional<Hello> hello) {
        if (hello.isEmpty()) {
            log.warn("Something connected to the children's socket that is no child, and was dropped");
            return null;
        }
        if (hello.get().version() != FrameEncoder.VERSION) {
            log.warn(
                    "A child speaks version {} of the frames, and this daemon version {}; it was dropped",
                    hello.get().version(),
                    FrameEncoder.VERSION);
            return null;
        }
        SocketEvents known = expected.remove(hello.get().token());
        if (known == null) {
            log.warn("Something connected to the children's socket with a token that no child has, and was dropped");
        }
        return known;
    }

    /** Space for bytes on their way, of the thread. */
    ByteBuffer piece() {
        return piece;
    }

    /** Space for bytes that were read, of the thread. */
    byte[] chunk() {
        return chunk;
    }

    /** The bytes of a message. On the thread. */
    byte[] encode(ToChild message) {
        return encoder.encode(message);
    }

    /** A connection is closed. On the thread. */
    void over(Connection connection) {
        strangers.remove(connection);
        setAccepting(true);
    }

    private void run() {
        try {
            while (!isClosing) {
                selector.select();
                for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                    task.run();
                }
                for (SelectionKey key : selector.selectedKeys()) {
                    if (key.attachment() instanceof Connection connection) {
                        connection.ready();
                    } else {
                        accept(key);
                    }
                }
                selector.selectedKeys().clear();
            }
        } catch (IOException | RuntimeException | Error broken) {
            log.error("The children's socket has failed: those that speak over it end, and others speak lines", broken);
        } finally {
            end();
        }
    }

    /** Nobody waits any more for what comes over a connection, or to be connected. */
    private void end() {
        boolean isWanted = isClosing;
        isClosing = true;
        for (SelectionKey key : Set.copyOf(selector.keys())) {
            if (!(key.attachment() instanceof Connection connection)) {
                continue;
            }
            if (isWanted) {
                connection.closeNow();
            } else {
                connection.lose("has lost its socket");
            }
        }
        tasks.clear();
        try (selector;
                server) {
            log.debug("The children's socket is closed");
        } catch (IOException gone) {
            // It is closed all the same.
        }
        folder.close();
    }

    private void accept(SelectionKey key) {
        try {
            SocketChannel channel = server.accept();
            if (channel == null) {
                return;
            }
            channel.configureBlocking(false);
            SelectionKey own = channel.register(selector, SelectionKey.OP_READ);
            Connection connection = new Connection(this, channel, own);
            own.attach(connection);
            strangers.removeIf(one -> !one.isStrange());
            strangers.add(connection);
            if (strangers.size() > MOST_STRANGERS) {
                strangers.iterator().next().closeNow();
            }
        } catch (IOException noRoom) {
            log.warn("A child cannot connect, and is accepted later: {}", noRoom.getMessage());
            // When another connection is over, or after a while: what is short may not be a connection of a child.
            key.interestOps(0);
            tell(() -> loop.schedule(NEXT_TRY, () -> execute(() -> setAccepting(true))));
        }
    }

    private void setAccepting(boolean isAccepting) {
        SelectionKey key = server.keyFor(selector);
        if (key != null && key.isValid()) {
            key.interestOps(isAccepting ? SelectionKey.OP_ACCEPT : 0);
        }
    }

    /** Closes all connections, and deletes the socket. */
    @Override
    public void close() {
        isClosing = true;
        selector.wakeup();
    }
}
