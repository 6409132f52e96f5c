package io.millrace.systemtests.process;

import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A wire to a local server that can be cut: then whatever is on it goes nowhere and comes to nobody, as behind a dead
 * switch, until the wire is mended. What hung on it then is dropped. Safe for any thread.
 */
public final class CutWire implements AutoCloseable {
    private static final int THREADS = 512;
    private static final AtomicInteger NEVER = new AtomicInteger(-1);

    private final URI target;
    private final ServerSocket listener;
    private final Platform.BlockingTasks threads = new SystemPlatform().newBlockingTasks("wire", THREADS);
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicInteger untilDrop = new AtomicInteger(-1);
    private volatile boolean cut;

    /** A wire to the server at {@code target}. */
    public CutWire(URI target) throws IOException {
        this.target = target;
        this.listener = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
        threads.execute(this::accept);
    }

    /** Where this end of the wire is. */
    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + listener.getLocalPort());
    }

    /** Drops all connections, those in the middle of a frame or an answer too; new ones work. */
    public void drop() {
        dropAll();
    }

    /**
     * The connection that carries the server's byte after the next {@code bytes} is dropped right before that byte: somewhere within
     * a frame.
     */
    public void dropAfter(int bytes) {
        untilDrop.set(bytes);
    }

    /** From now on nothing passes. */
    public void cut() {
        cut = true;
    }

    /** New connections work again; those that hung are dropped. */
    public void mend() {
        cut = false;
        dropAll();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        dropAll();
        threads.close();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                Socket server = new Socket(target.getHost(), target.getPort());
                sockets.add(client);
                sockets.add(server);
                threads.execute(() -> carry(client, server, NEVER));
                threads.execute(() -> carry(server, client, untilDrop));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void carry(Socket from, Socket to, AtomicInteger untilDrop) {
        byte[] buffer = new byte[16 << 10];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                if (cut) {
                    continue;
                }
                int left = take(untilDrop, read);
                if (left < read) {
                    out.write(buffer, 0, left);
                    out.flush();
                    return;
                }
                out.write(buffer, 0, read);
                out.flush();
            }
        } catch (IOException dropped) {
            // The other side learns it by its own end.
        } finally {
            sockets.remove(from);
        }
    }

    /** How many of these bytes pass before the drop that is asked for, if one is. */
    private static int take(AtomicInteger untilDrop, int read) {
        int left = untilDrop.getAndUpdate(bytes -> bytes < read ? -1 : bytes - read);
        return left < 0 ? read : Math.min(left, read);
    }

    private void dropAll() {
        sockets.forEach(socket -> {
            try {
                socket.close();
            } catch (IOException alreadyClosed) {
                // That is what was wanted.
            }
        });
    }
}
