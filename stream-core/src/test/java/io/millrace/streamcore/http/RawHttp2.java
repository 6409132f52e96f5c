package io.millrace.streamcore.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/** A client of HTTP/2 that sends frames as they are told, with windows as small as it likes. */
final class RawHttp2 implements AutoCloseable {
    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int CONTINUATION = 9;

    static final int END_STREAM = 1;
    static final int END_HEADERS = 4;

    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(ISO_8859_1);
    private static final int INITIAL_WINDOW_SIZE = 4;

    private final RawClient client;

    private RawHttp2(RawClient client) {
        this.client = client;
    }

    /** A connection whose streams have this window for what the server sends. */
    static RawHttp2 connect(InetSocketAddress address, int window) throws IOException {
        RawHttp2 made = new RawHttp2(RawClient.plain(address));
        made.client.send(PREFACE);
        made.send(
                SETTINGS,
                0,
                0,
                ByteBuffer.allocate(6)
                        .putShort((short) INITIAL_WINDOW_SIZE)
                        .putInt(window)
                        .array());
        return made;
    }

    RawHttp2 send(int type, int flags, int stream, byte[] payload) throws IOException {
        client.send(frame(type, flags, stream, payload));
        return this;
    }

    RawHttp2 send(byte[] bytes) throws IOException {
        client.send(bytes);
        return this;
    }

    /** POST, http, path /, authority x, and more of the header if it is given in HPACK. */
    RawHttp2 post(int stream, byte... more) throws IOException {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        block.writeBytes(new byte[] {(byte) 0x83, (byte) 0x86, (byte) 0x84, 1, 1, 'x'});
        block.writeBytes(more);
        return send(HEADERS, END_HEADERS, stream, block.toByteArray());
    }

    /** A header of a request as a literal without indexing, name and value shorter than 127 bytes. */
    static byte[] header(String name, String value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(0);
        out.write(name.length());
        out.writeBytes(name.getBytes(ISO_8859_1));
        out.write(value.length());
        out.writeBytes(value.getBytes(ISO_8859_1));
        return out.toByteArray();
    }

    static byte[] frame(int type, int flags, int stream, byte[] payload) {
        ByteBuffer out = ByteBuffer.allocate(9 + payload.length);
        out.put((byte) (payload.length >> 16)).putShort((short) payload.length);
        out.put((byte) type).put((byte) flags).putInt(stream);
        return out.put(payload).array();
    }

    /** Reads frames up to the next of this type. */
    Frame next(int type) throws IOException {
        while (true) {
            ByteBuffer head = ByteBuffer.wrap(client.readBytes(9));
            int length = ((head.get() & 0xff) << 16) | (head.getShort() & 0xffff);
            Frame frame = new Frame(head.get(), head.get(), head.getInt(), ByteBuffer.wrap(client.readBytes(length)));
            if (frame.type == type) {
                return frame;
            }
        }
    }

    void awaitEnd() throws IOException {
        client.awaitEnd();
    }

    @Override
    public void close() throws IOException {
        client.close();
    }

    /** A frame that came. */
    record Frame(int type, int flags, int stream, ByteBuffer payload) {}
}
