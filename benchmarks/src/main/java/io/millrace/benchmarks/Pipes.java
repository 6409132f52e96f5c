package io.millrace.benchmarks;

import io.millrace.runtime.Ticker;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Many SubscribeToShard on one HTTP/2 connection (RFC 9113, by prior knowledge), a stream each. Streams that are stalled
 * never get their window updated; the connection's own window is as wide as can be, so that they hold nobody up. Belongs
 * to one thread.
 */
final class Pipes implements Listener {
    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int SETTINGS = 4;
    private static final int PING = 6;
    private static final int GO_AWAY = 7;
    private static final int WINDOW_UPDATE = 8;
    private static final int ACK = 1;
    private static final int END_STREAM = 1;
    private static final int END_HEADERS = 4;
    private static final int CONNECTION_WINDOW = 1 << 30;
    /** As the SDK for Java has it. */
    private static final int STREAM_WINDOW = 1 << 20;

    private static final short INITIAL_WINDOW_SIZE = 4;
    private static final int UPDATE_AT = STREAM_WINDOW / 4;

    private final Socket socket;
    private final DataInputStream in;
    private final Stamps stamps;
    private final int[] unacknowledged;
    private final boolean[] hasBegun;
    private final int healthy;
    private long unacknowledgedInAll;
    private int begun;
    private volatile int opened;

    /**
     * Opens the pipes.
     *
     * @param requests bodies of SubscribeToShard
     * @param healthy so many of them take what comes; the others are stalled
     */
    Pipes(int port, List<byte[]> requests, int healthy, Ticker ticker) throws IOException {
        this.healthy = healthy;
        this.stamps = new Stamps(ticker);
        this.unacknowledged = new int[requests.size()];
        this.hasBegun = new boolean[requests.size()];
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
        ByteBuffer out = ByteBuffer.allocate(4096 + requests.size() * 2048).put(PREFACE);
        frame(
                out,
                SETTINGS,
                0,
                0,
                ByteBuffer.allocate(6)
                        .putShort(INITIAL_WINDOW_SIZE)
                        .putInt(STREAM_WINDOW)
                        .array());
        frame(out, WINDOW_UPDATE, 0, 0, number(CONNECTION_WINDOW));
        for (int i = 0; i < requests.size(); i++) {
            frame(out, HEADERS, END_HEADERS, 2 * i + 1, headers("SubscribeToShard"));
            frame(out, DATA, END_STREAM, 2 * i + 1, requests.get(i));
        }
        socket.getOutputStream().write(out.array(), 0, out.position());
    }

    @Override
    public void run() {
        try {
            while (true) {
                int head = in.readInt();
                int flags = in.readUnsignedByte();
                int stream = in.readInt();
                receive(head & 0xff, flags, stream, in.readNBytes(head >>> 8));
            }
        } catch (EOFException | SocketException over) {
            // Closed from our side.
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    @Override
    public boolean isOpen() {
        return opened == unacknowledged.length;
    }

    @Override
    public Stamps stamps() {
        return stamps;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private void receive(int type, int flags, int stream, byte[] payload) throws IOException {
        switch (type) {
            case DATA -> data(stream, payload);
            case SETTINGS -> {
                if ((flags & ACK) == 0) {
                    send(SETTINGS, ACK, 0, new byte[0]);
                }
            }
            case PING -> {
                if ((flags & ACK) == 0) {
                    send(PING, ACK, 0, payload);
                }
            }
            case GO_AWAY -> throw new EOFException("the server goes away");
            default -> {
                // Of headers it is enough that they came.
            }
        }
    }

    private void data(int stream, byte[] payload) throws IOException {
        int pipe = stream / 2;
        if (!hasBegun[pipe]) {
            hasBegun[pipe] = true;
            opened = ++begun;
        }
        if (pipe >= healthy) {
            return;
        }
        stamps.look(ByteBuffer.wrap(payload));
        unacknowledged[pipe] += payload.length;
        unacknowledgedInAll += payload.length;
        if (unacknowledged[pipe] >= UPDATE_AT) {
            send(WINDOW_UPDATE, 0, stream, number(unacknowledged[pipe]));
            unacknowledged[pipe] = 0;
        }
        if (unacknowledgedInAll >= CONNECTION_WINDOW / 2) {
            send(WINDOW_UPDATE, 0, 0, number((int) unacknowledgedInAll));
            unacknowledgedInAll = 0;
        }
    }

    private void send(int type, int flags, int stream, byte[] payload) throws IOException {
        ByteBuffer out = ByteBuffer.allocate(9 + payload.length);
        frame(out, type, flags, stream, payload);
        socket.getOutputStream().write(out.array());
    }

    private static void frame(ByteBuffer out, int type, int flags, int stream, byte[] payload) {
        out.putInt((payload.length << 8) | type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload);
    }

    private static byte[] number(int value) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(value).array();
    }

    /** HPACK (RFC 7541) in its plainest form: every field literal, none indexed, nothing compressed. */
    private static byte[] headers(String operation) {
        ByteBuffer out = ByteBuffer.allocate(1024);
        field(out, ":method", "POST");
        field(out, ":scheme", "http");
        field(out, ":authority", "127.0.0.1");
        field(out, ":path", "/");
        field(out, "content-type", "application/x-amz-json-1.1");
        field(out, "x-amz-target", "Kinesis_20131202." + operation);
        field(out, "x-amz-date", "20261121T000000Z");
        field(out, "authorization", Form.AUTHORIZATION);
        return Arrays.copyOf(out.array(), out.position());
    }

    private static void field(ByteBuffer out, String name, String value) {
        out.put((byte) 0);
        text(out, name);
        text(out, value);
    }

    /** Lengths from 127 on go into a second, and from 255 on a third byte. */
    private static void text(ByteBuffer out, String text) {
        int rest = text.length() - 127;
        out.put((byte) Math.min(127, text.length()));
        if (rest >= 0) {
            while (rest >= 128) {
                out.put((byte) ((rest & 127) | 128));
                rest >>>= 7;
            }
            out.put((byte) rest);
        }
        out.put(text.getBytes(StandardCharsets.US_ASCII));
    }
}
