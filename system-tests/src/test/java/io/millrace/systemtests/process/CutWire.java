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

/**
 * A wire to a local server that can be cut: then whatever is on it goes nowhere and comes to nobody, as behind a dead
 * switch, until the wire is mended. What hung on it then is dropped. Safe for any thread.
 */
public final class CutWire implements AutoCloseable {
    private static final int THREADS = 512;

    private final URI target;
    private final ServerSocket listener;
    private final Platform.BlockingTasks threads = new SystemPlatform().newBlockingTasks("wire", THREADS);
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
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
                threads.execute(() -> carry(client, server));
                threads.execute(() -> carry(server, client));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void carry(Socket from, Socket to) {
        byte[] buffer = new byte[16 << 10];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                if (!cut) {
                    out.write(buffer, 0, read);
                    out.flush();
                }
            }
        } catch (IOException dropped) {
            // The other side learns it by its own end.
        } finally {
            sockets.remove(from);
        }
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
