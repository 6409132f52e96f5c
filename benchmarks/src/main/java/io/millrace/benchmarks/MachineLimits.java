package io.millrace.benchmarks;

import io.millrace.runtime.Platform;
import io.millrace.runtime.TemporaryFolder;
import io.millrace.runtime.Ticker;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/** What this machine can do at all, to put beside the figures. Belongs to one thread. */
final class MachineLimits {
    private static final int ROUND_TRIPS = 50_000;
    private static final int APPENDS = 200;

    private final Platform platform;

    MachineLimits(Platform platform) {
        this.platform = platform;
    }

    /** A line for each limit. */
    List<String> lines() throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT,
                "loopback round trip of 1 KiB, blocking sockets: %,.0f/s on one connection",
                1e9 / roundTripNanos()));
        for (int bytes : new int[] {4 << 10, 64 << 10, 1 << 20}) {
            Histogram append = appends(bytes);
            lines.add(String.format(
                    Locale.ROOT,
                    "append + fdatasync of %,d KiB: p50 %.2f ms, p99 %.2f ms",
                    bytes >> 10,
                    append.getValueAtPercentile(50) / 1e6,
                    append.getValueAtPercentile(99) / 1e6));
        }
        return lines;
    }

    private double roundTripNanos() throws IOException {
        try (ServerSocketChannel server = ServerSocketChannel.open();
                Platform.BlockingTasks threads = platform.newBlockingTasks("echo", 1)) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            threads.execute(() -> echo(server));
            try (SocketChannel client = SocketChannel.open(server.getLocalAddress())) {
                ByteBuffer message = ByteBuffer.allocateDirect(1 << 10);
                Ticker ticker = platform.ticker();
                long begun = 0;
                for (int i = -ROUND_TRIPS / 5; i < ROUND_TRIPS; i++) {
                    if (i == 0) {
                        begun = ticker.nanoTime();
                    }
                    transfer(client, message);
                }
                return (double) ticker.since(begun).toNanos() / ROUND_TRIPS;
            }
        }
    }

    private static void transfer(SocketChannel client, ByteBuffer message) throws IOException {
        message.clear();
        while (message.hasRemaining()) {
            client.write(message);
        }
        message.clear();
        while (message.hasRemaining() && client.read(message) >= 0) {
            // Until all of it came back.
        }
    }

    private static void echo(ServerSocketChannel server) {
        try (SocketChannel peer = server.accept()) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(64 << 10);
            while (peer.read(buffer.clear()) >= 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    peer.write(buffer);
                }
            }
        } catch (IOException over) {
            // The client left.
        }
    }

    private Histogram appends(int bytes) throws IOException {
        Histogram nanos = new Histogram(3);
        try (TemporaryFolder folder = TemporaryFolder.create("millrace-benchmark");
                FileChannel channel = FileChannel.open(
                        folder.path().resolve("fsync"), StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
            ByteBuffer block = ByteBuffer.allocateDirect(bytes);
            Ticker ticker = platform.ticker();
            for (int i = 0; i < APPENDS; i++) {
                long begun = ticker.nanoTime();
                channel.write(block.clear());
                channel.force(false);
                nanos.recordValue(ticker.since(begun).toNanos());
            }
        }
        return nanos;
    }
}
