package io.millrace.benchmarks;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/** A SubscribeToShard over HTTP/1.1, on a connection of its own. Belongs to one thread. */
final class Pipe implements Listener {
    private final SocketChannel socket;
    private final boolean isHealthy;
    private final ByteBuffer in = ByteBuffer.allocate(1 << 20);
    private final Stamps stamps;
    private volatile boolean isOpen;
    private volatile long received;

    /**
     * Opens it; one that is not healthy reads what comes first and then nothing.
     *
     * @param stamps looks at what comes; may be that of other pipes of the same thread
     */
    Pipe(int port, byte[] request, boolean isHealthy, Stamps stamps) throws IOException {
        this.isHealthy = isHealthy;
        this.stamps = stamps;
        socket = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
        ByteBuffer out = Form.JSON.request("SubscribeToShard", request);
        while (out.hasRemaining()) {
            socket.write(out);
        }
    }

    @Override
    public void run() {
        try {
            while (receive()) {
                // Waits in there.
            }
        } catch (IOException over) {
            // Closed from our side.
        }
    }

    /** Has itself selected, with itself as attachment, whenever there is something to {@link #receive}. */
    void register(Selector selector) throws IOException {
        socket.configureBlocking(false);
        socket.register(selector, SelectionKey.OP_READ, this);
    }

    /** Takes what has come; false if that was the last that is to be read. */
    boolean receive() throws IOException {
        int read = socket.read(in);
        if (read < 0) {
            return false;
        }
        if (read == 0) {
            return true;
        }
        isOpen = true;
        long before = received;
        received = before + read;
        if (!isHealthy) {
            return false;
        }
        in.flip();
        stamps.look(in);
        in.compact();
        return true;
    }

    @Override
    public boolean isOpen() {
        return isOpen;
    }

    /** How many bytes have come. Safe for any thread. */
    long received() {
        return received;
    }

    @Override
    public Stamps stamps() {
        return stamps;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
