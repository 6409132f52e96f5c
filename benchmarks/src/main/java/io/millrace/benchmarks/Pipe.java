package io.millrace.benchmarks;

import io.millrace.runtime.Ticker;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.HdrHistogram.Histogram;

/**
 * A SubscribeToShard over HTTP/1.1 whose events are looked through for records as {@link PushLatency} puts them: their
 * data begins with the moment they were sent. Belongs to one thread.
 */
final class Pipe implements AutoCloseable {
    private static final byte[] DATA = "\"Data\":\"".getBytes(StandardCharsets.US_ASCII);
    /** Eight bytes and a ninth that makes the base64 whole. */
    private static final int STAMP = 12;

    private final SocketChannel socket;
    private final Ticker ticker;
    private final ByteBuffer in = ByteBuffer.allocate(1 << 20);
    private final byte[] stamp = new byte[STAMP];
    private final Histogram latency = new Histogram(3);
    private volatile boolean counts;
    private volatile long records;
    private volatile boolean isOpen;

    Pipe(int port, ByteBuffer request, Ticker ticker) throws IOException {
        this.ticker = ticker;
        socket = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
        ByteBuffer out = request.duplicate();
        while (out.hasRemaining()) {
            socket.write(out);
        }
    }

    /** Reads until the connection ends. */
    void run() {
        try {
            while (socket.read(in) >= 0) {
                isOpen = true;
                in.flip();
                look();
                in.compact();
            }
        } catch (IOException over) {
            // Closed from our side.
        }
    }

    /** True once the server sent something. Safe for any thread. */
    boolean isOpen() {
        return isOpen;
    }

    /** From now on records count. Safe for any thread. */
    void count() {
        counts = true;
    }

    /** How many records have come since they count. Safe for any thread. */
    long records() {
        return records;
    }

    /** From put to receipt, in nanoseconds; to be read when the pipe is closed. */
    Histogram latency() {
        return latency;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private void look() {
        long now = ticker.nanoTime();
        int end = in.limit() - DATA.length - STAMP;
        int at = in.position();
        while (at <= end) {
            if (in.get(at) == '"' && isData(at)) {
                in.get(at + DATA.length, stamp);
                count(now);
                at += DATA.length + STAMP;
            } else {
                at++;
            }
        }
        in.position(Math.max(in.position(), at));
        records = latency.getTotalCount();
    }

    private void count(long now) {
        if (!counts) {
            return;
        }
        try {
            long sent = ByteBuffer.wrap(Base64.getDecoder().decode(stamp)).getLong();
            latency.recordValue(Math.max(0, now - sent));
        } catch (IllegalArgumentException cutByAChunk) {
            // A chunk of the body ends within the stamp; the table shows that a record is missing.
        }
    }

    private boolean isData(int at) {
        for (int i = 0; i < DATA.length; i++) {
            if (in.get(at + i) != DATA[i]) {
                return false;
            }
        }
        return true;
    }
}
