package io.millrace.benchmarks;

import io.millrace.runtime.Ticker;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** A SubscribeToShard over HTTP/1.1, on a connection of its own. Belongs to one thread. */
final class Pipe implements Listener {
    private final SocketChannel socket;
    private final boolean isHealthy;
    private final ByteBuffer in = ByteBuffer.allocate(1 << 20);
    private final Stamps stamps;
    private volatile boolean isOpen;
    private volatile long received;

    /** Opens it; one that is not healthy reads what comes first and then nothing. */
    Pipe(int port, byte[] request, boolean isHealthy, Ticker ticker) throws IOException {
        this.isHealthy = isHealthy;
        stamps = new Stamps(ticker);
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
            for (int read = socket.read(in); read >= 0; read = socket.read(in)) {
                isOpen = true;
                long before = received;
                received = before + read;
                if (!isHealthy) {
                    return;
                }
                in.flip();
                stamps.look(in);
                in.compact();
            }
        } catch (IOException over) {
            // Closed from our side.
        }
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
