package io.millrace.streamcore;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * A server that is attacked, and connections to it that send what they are told.
 *
 * @param server where it is
 * @param operations what can be called
 * @param outcomes hears each status, and what else became of requests
 * @param faults hears what may not be
 */
record AttackTarget(URI server, List<String> operations, Consumer<String> outcomes, Consumer<String> faults) {
    /** Beyond it an answer is missing. */
    private static final int HANG_MILLIS = 20_000;

    void note(String outcome) {
        outcomes.accept(outcome);
    }

    void wrong(String fault) {
        faults.accept(fault);
    }

    Connection connect() throws IOException {
        return new Connection(new Socket(server.getHost(), server.getPort()));
    }

    Http2 http2() throws IOException {
        return new Http2(new Socket(server.getHost(), server.getPort()));
    }

    /** The header fields of a request, with the form of a signature. */
    static Map<String, String> headers(String operation, String encoding) {
        Map<String, String> headers = new TreeMap<>();
        headers.put("content-type", "application/x-amz-" + encoding + "-1.1");
        headers.put("x-amz-target", "Kinesis_20131202." + operation);
        headers.put("x-amz-date", "20260101T000000Z");
        headers.put(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0");
        return headers;
    }

    /** The beginning of an answer. */
    record Answer(int status) {}

    /** A connection of HTTP/1.1. */
    static final class Connection implements AutoCloseable {
        private final Socket socket;
        private final InputStream in;

        private Connection(Socket socket) throws IOException {
            this.socket = socket;
            socket.setSoTimeout(HANG_MILLIS);
            socket.setTcpNoDelay(true);
            this.in = new BufferedInputStream(socket.getInputStream());
        }

        boolean isOpen() {
            return !socket.isClosed();
        }

        /** Sends bytes and reads the answer to its end; what has none in sight is closed. */
        Answer send(byte[] bytes) throws IOException {
            socket.getOutputStream().write(bytes);
            String head = head();
            int status = Integer.parseInt(head.substring(9, 12));
            if (status == 100) {
                head = head();
                status = Integer.parseInt(head.substring(9, 12));
            }
            int at = head.indexOf("content-length: ");
            if (at < 0 || head.contains("connection: close") || status == 101) {
                close();
            } else {
                int from = at + "content-length: ".length();
                in.skipNBytes(Long.parseLong(head.substring(from, head.indexOf('\r', from))));
            }
            return new Answer(status);
        }

        private String head() throws IOException {
            ByteArrayOutputStream head = new ByteArrayOutputStream();
            int ends = 0;
            while (ends < 4) {
                int next = in.read();
                if (next < 0) {
                    throw new EOFException("the server closed the connection");
                }
                head.write(next);
                ends = next == (ends % 2 == 0 ? '\r' : '\n') ? ends + 1 : 0;
            }
            return head.toString(ISO_8859_1).toLowerCase(Locale.ROOT);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    /** A connection of HTTP/2 that gathers frames and sends them at once. */
    final class Http2 implements AutoCloseable {
        private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(ISO_8859_1);
        private static final int HEADERS = 1;
        private static final int SETTINGS = 4;
        private static final int PING = 6;
        private static final int CONTINUATION = 9;
        private static final int ACK = 1;
        private static final int END_STREAM = 1;
        private static final int END_HEADERS = 4;
        private static final long LAST_PING = 0x6c61737470696e67L;

        private final Socket socket;
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();
        private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);

        private Http2(Socket socket) throws IOException {
            this.socket = socket;
            socket.setSoTimeout(HANG_MILLIS);
            out.writeBytes(PREFACE);
            put(SETTINGS, 0, 0, new byte[0]);
        }

        void call(int stream, String operation, byte[] body) {
            ByteArrayOutputStream block = new ByteArrayOutputStream();
            // POST, http and / of the static table, then the authority and the rest as literals.
            block.writeBytes(new byte[] {(byte) 0x83, (byte) 0x86, (byte) 0x84, 1, 9});
            block.writeBytes("localhost".getBytes(ISO_8859_1));
            headers(operation, "json").forEach((name, value) -> {
                block.write(0);
                text(block, name);
                text(block, value);
            });
            put(HEADERS, END_HEADERS, stream, block.toByteArray());
            put(0, END_STREAM, stream, body);
        }

        /** A text shorter than 255 bytes, as HPACK has it without Huffman's code. */
        private void text(ByteArrayOutputStream block, String text) {
            if (text.length() < 127) {
                block.write(text.length());
            } else {
                block.write(127);
                block.write(text.length() - 127);
            }
            block.writeBytes(text.getBytes(ISO_8859_1));
        }

        /** A frame of any type on any stream, with any bytes; now and then not as long as it says. */
        void frame(SplittableRandom random, int nextStream) {
            byte[] payload = new byte
                    [random.nextInt(3) == 0 ? random.nextInt(200) : new int[] {0, 4, 5, 6, 8}[random.nextInt(5)]];
            random.nextBytes(payload);
            int stream = random.nextInt(4) == 0 ? random.nextInt() : random.nextInt(nextStream + 3);
            int type = random.nextInt(8) == 0 ? random.nextInt(256) : random.nextInt(CONTINUATION + 2);
            int length = random.nextInt(40) == 0 ? random.nextInt(1 << 24) : payload.length;
            put(type, random.nextInt(4) == 0 ? random.nextInt(256) : random.nextInt(6), stream, length, payload);
        }

        private void put(int type, int flags, int stream, byte[] payload) {
            put(type, flags, stream, payload.length, payload);
        }

        private void put(int type, int flags, int stream, int length, byte[] payload) {
            out.write(length >> 16);
            out.write(length >> 8);
            out.write(length);
            out.write(type);
            out.write(flags);
            out.writeBytes(ByteBuffer.allocate(4).putInt(stream).array());
            out.writeBytes(payload);
        }

        /** Sends all, and reads until the server has taken it or has closed the connection. */
        void finish() throws IOException {
            put(PING, 0, 0, ByteBuffer.allocate(8).putLong(LAST_PING).array());
            socket.getOutputStream().write(out.toByteArray());
            InputStream in = new BufferedInputStream(socket.getInputStream());
            while (true) {
                ByteBuffer head = ByteBuffer.wrap(in.readNBytes(9));
                if (head.remaining() < 9) {
                    note("closed");
                    return;
                }
                int length = head.getInt() >>> 8;
                int type = head.get(3);
                int flags = head.get(4);
                int stream = head.getInt(5);
                byte[] payload = in.readNBytes(length);
                if (type == HEADERS && payload.length == length) {
                    status(stream, payload);
                }
                if (type == PING
                        && (flags & ACK) != 0
                        && ByteBuffer.wrap(payload).getLong() == LAST_PING) {
                    note("taken to the end");
                    return;
                }
            }
        }

        private void status(int stream, byte[] block) throws IOException {
            ByteBuf bytes = Unpooled.wrappedBuffer(block);
            try {
                CharSequence status = decoder.decodeHeaders(stream, bytes).status();
                if (status != null) {
                    note(status.toString());
                    if (status.charAt(0) == '5' && !status.toString().equals("503")) {
                        wrong("an answer over HTTP/2 was " + status);
                    }
                }
            } catch (Http2Exception e) {
                throw new IOException(e);
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
