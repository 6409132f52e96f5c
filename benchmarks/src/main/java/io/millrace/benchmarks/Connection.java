package io.millrace.benchmarks;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * A kept-alive HTTP/1.1 connection that does as little as a client can: request bytes are ready before, and of an answer
 * only status and length are looked at. Belongs to one thread.
 */
final class Connection implements AutoCloseable {
    private static final byte[] HEAD_END = {'\r', '\n', '\r', '\n'};

    private final SocketChannel socket;
    private ByteBuffer in = ByteBuffer.allocateDirect(64 << 10);
    private int bodyStart;
    private int bodyEnd;

    Connection(int port) throws IOException {
        socket = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
    }

    /**
     * Sends a request and reads its answer to the end.
     *
     * @throws IOException if the connection breaks, or the answer's status is not 200
     */
    void exchange(ByteBuffer request) throws IOException {
        ByteBuffer out = request.duplicate();
        while (out.hasRemaining()) {
            socket.write(out);
        }
        in.clear();
        int headEnd = readHead();
        long length = header(headEnd, "content-length: ");
        bodyStart = headEnd;
        if (length >= 0) {
            bodyEnd = Math.toIntExact(headEnd + length);
            fill(bodyEnd);
        } else {
            readChunks(headEnd);
        }
        int status = (digit(9) * 10 + digit(10)) * 10 + digit(11);
        if (status != 200) {
            throw new IOException("status " + status + ": " + text(bodyStart, Math.min(bodyEnd, bodyStart + 500)));
        }
    }

    /** The text that follows {@code name} in the answer's body, in either form of bodies; looked for at both ends of it. */
    String member(String name) throws IOException {
        int at = find(name, bodyStart, Math.min(bodyEnd, bodyStart + 4096));
        if (at < 0) {
            at = find(name, Math.max(bodyStart, bodyEnd - 4096), bodyEnd);
        }
        if (at < 0) {
            throw new IOException("no " + name + " in an answer of " + (bodyEnd - bodyStart) + " bytes");
        }
        at += name.length();
        if (in.get(at) == '"') {
            int start = at + 3;
            return text(start, find("\"", start, bodyEnd));
        }
        int head = in.get(at) & 0xff;
        int start = head == 0x79 ? at + 3 : head == 0x78 ? at + 2 : at + 1;
        int length = head == 0x79 ? in.getShort(at + 1) & 0xffff : head == 0x78 ? in.get(at + 1) & 0xff : head - 0x60;
        return text(start, start + length);
    }

    /** How many bytes the answer's body had. */
    int bodyBytes() {
        return bodyEnd - bodyStart;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private int readHead() throws IOException {
        int matched = 0;
        int at = 0;
        while (matched < HEAD_END.length) {
            fill(at + 1);
            byte next = in.get(at++);
            matched = next == HEAD_END[matched] ? matched + 1 : next == HEAD_END[0] ? 1 : 0;
        }
        return at;
    }

    private void readChunks(int from) throws IOException {
        int at = from;
        int end = from;
        for (; ; ) {
            int line = at;
            do {
                fill(at + 1);
            } while (in.get(at++) != '\n');
            int size = Integer.parseInt(text(line, at).strip(), 16);
            fill(at + size + 2);
            for (int i = 0; i < size; i++) {
                in.put(end++, in.get(at + i));
            }
            at += size + 2;
            if (size == 0) {
                bodyEnd = end;
                return;
            }
        }
    }

    /** Reads until the answer's first {@code wanted} bytes are there. */
    private void fill(int wanted) throws IOException {
        if (wanted > in.capacity()) {
            ByteBuffer larger = ByteBuffer.allocateDirect(Math.max(wanted, in.capacity() * 2));
            in = larger.put(in.flip());
        }
        while (in.position() < wanted) {
            if (socket.read(in) < 0) {
                throw new EOFException("the server closed the connection");
            }
        }
    }

    private long header(int headEnd, String name) {
        for (int at = 0; at < headEnd - name.length(); at++) {
            if (in.get(at) == '\n' && matches(at + 1, name)) {
                long value = 0;
                for (int i = at + 1 + name.length(); in.get(i) != '\r'; i++) {
                    value = value * 10 + digit(i);
                }
                return value;
            }
        }
        return -1;
    }

    private boolean matches(int at, String name) {
        for (int i = 0; i < name.length(); i++) {
            if ((in.get(at + i) | 0x20) != (name.charAt(i) | 0x20)) {
                return false;
            }
        }
        return true;
    }

    private int find(String wanted, int from, int end) {
        for (int at = from; at <= end - wanted.length(); at++) {
            int i = 0;
            while (i < wanted.length() && in.get(at + i) == wanted.charAt(i)) {
                i++;
            }
            if (i == wanted.length()) {
                return at;
            }
        }
        return -1;
    }

    private int digit(int at) {
        return in.get(at) - '0';
    }

    private String text(int from, int end) {
        byte[] bytes = new byte[Math.max(0, end - from)];
        in.get(from, bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
