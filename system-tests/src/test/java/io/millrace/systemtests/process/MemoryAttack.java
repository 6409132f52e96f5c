package io.millrace.systemtests.process;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPOutputStream;

/**
 * Somebody without a key who wants a server's memory: holds as much as connections let him, and takes nothing that comes
 * back. Each kind has a thread, which makes its connections anew as long as it runs.
 */
final class MemoryAttack implements AutoCloseable {
    private static final int CONNECTIONS = 100;
    private static final int PACKED = 16 << 20;
    private static final int BODY = 256 << 10;
    private static final int STREAMS = 500;
    private static final long PAUSE_MILLIS = 100;
    private static final int TIMEOUT_MILLIS = 2_000;

    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(ISO_8859_1);
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int SETTINGS = 4;
    private static final int END_STREAM = 1;
    private static final int END_HEADERS = 4;
    private static final int MAX_FRAME = 16 << 10;

    private final int port;
    private final byte[] bomb = bomb();
    private final Semaphore stopped = new Semaphore(0);
    private final List<Thread> threads = new ArrayList<>();
    private final Map<Kind, AtomicLong> sent = new EnumMap<>(Kind.class);
    private final String knownKey;

    private MemoryAttack(int port, String knownKey) {
        this.port = port;
        this.knownKey = knownKey;
        for (Kind kind : Kind.values()) {
            sent.put(kind, new AtomicLong());
        }
    }

    /** Begins all kinds, by somebody who knows the id of a key and not its secret. */
    static MemoryAttack begin(int port, String knownKey) {
        MemoryAttack attack = new MemoryAttack(port, knownKey);
        for (Kind kind : Kind.values()) {
            Thread thread = new Thread(() -> attack.run(kind), "attack-" + kind);
            thread.setDaemon(true);
            attack.threads.add(thread);
            thread.start();
        }
        return attack;
    }

    /** Waits until each kind has begun in earnest. */
    MemoryAttack awaitBegun() {
        Waiting.until(() -> sent.values().stream().allMatch(count -> count.get() >= CONNECTIONS / 5));
        return this;
    }

    /** How many connections each kind has filled. */
    String told() {
        return sent.toString();
    }

    @Override
    public void close() {
        stopped.release(Kind.values().length);
        for (Thread thread : threads) {
            try {
                thread.join(TimeUnit.SECONDS.toMillis(20));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void run(Kind kind) {
        Socket[] open = new Socket[CONNECTIONS];
        try {
            for (int next = 0; !stopped.tryAcquire(PAUSE_MILLIS, TimeUnit.MILLISECONDS); next++) {
                int at = next % CONNECTIONS;
                close(open[at]);
                open[at] = new Socket();
                fill(kind, open[at]);
                sent.get(kind).incrementAndGet();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            for (Socket socket : open) {
                close(socket);
            }
        }
    }

    private static void close(Socket socket) {
        if (socket != null) {
            try {
                socket.close();
            } catch (IOException alreadyClosed) {
                // Nothing is left to close.
            }
        }
    }

    private void fill(Kind kind, Socket socket) {
        try {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
            switch (kind) {
                case BOMBS_OF_NOBODY -> bombs(socket, "nobody");
                case BOMBS_WITH_A_KNOWN_KEY -> bombs(socket, knownKey);
                case BODIES_WITHOUT_END -> body(socket);
                case STREAMS_WITHOUT_END -> streams(socket);
                case HEADERS_WITHOUT_END -> header(socket);
            }
        } catch (IOException refused) {
            // The server may close at any time.
        }
    }

    /** Three requests of 16 KB that unpack to 16 MB each, whose answers find no window. */
    private void bombs(Socket socket, String key) throws IOException {
        ByteArrayOutputStream all = begun();
        for (int stream = 1; stream <= 5; stream += 2) {
            all.writeBytes(frame(HEADERS, END_HEADERS, stream, request(key)));
            for (int at = 0; at < bomb.length; at += MAX_FRAME) {
                int end = Math.min(bomb.length, at + MAX_FRAME);
                int flags = end == bomb.length ? END_STREAM : 0;
                all.writeBytes(frame(DATA, flags, stream, java.util.Arrays.copyOfRange(bomb, at, end)));
            }
        }
        socket.getOutputStream().write(all.toByteArray());
    }

    private void body(Socket socket) throws IOException {
        StringBuilder head = new StringBuilder("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 16000000\r\n");
        headers(knownKey).forEach((name, value) -> {
            if (!name.equals("content-encoding")) {
                head.append(name).append(": ").append(value).append("\r\n");
            }
        });
        socket.getOutputStream().write(head.append("\r\n").toString().getBytes(ISO_8859_1));
        socket.getOutputStream().write(new byte[BODY]);
    }

    private void streams(Socket socket) throws IOException {
        ByteArrayOutputStream all = begun();
        byte[] request = request("nobody");
        for (int i = 0; i < STREAMS; i++) {
            all.writeBytes(frame(HEADERS, END_HEADERS, 2 * i + 1, request));
        }
        socket.getOutputStream().write(all.toByteArray());
    }

    private void header(Socket socket) throws IOException {
        ByteArrayOutputStream all = begun();
        // A literal whose value is as long as a frame.
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        literal(block, "a", "x".repeat(MAX_FRAME - 10));
        all.writeBytes(frame(HEADERS, 0, 1, block.toByteArray()));
        socket.getOutputStream().write(all.toByteArray());
    }

    private static ByteArrayOutputStream begun() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(PREFACE);
        // INITIAL_WINDOW_SIZE: nothing.
        all.writeBytes(frame(
                SETTINGS,
                0,
                0,
                ByteBuffer.allocate(6).putShort((short) 4).putInt(0).array()));
        return all;
    }

    private static byte[] frame(int type, int flags, int stream, byte[] payload) {
        ByteBuffer out = ByteBuffer.allocate(9 + payload.length);
        out.put((byte) (payload.length >> 16)).putShort((short) payload.length);
        return out.put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .array();
    }

    /** The header in HPACK: POST, http, path /, authority, and what a signed call has. */
    private static byte[] request(String key) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        block.writeBytes(new byte[] {(byte) 0x83, (byte) 0x86, (byte) 0x84, 1, 9});
        block.writeBytes("127.0.0.1".getBytes(ISO_8859_1));
        headers(key).forEach((name, value) -> literal(block, name, value));
        return block.toByteArray();
    }

    private static void literal(ByteArrayOutputStream block, String name, String value) {
        block.write(0);
        text(block, name);
        text(block, value);
    }

    /** A length in seven bits and more (RFC 7541, section 5.1), then the bytes. */
    private static void text(ByteArrayOutputStream block, String text) {
        int rest = text.length() - 127;
        block.write(Math.min(text.length(), 127));
        if (rest >= 0) {
            for (; rest >= 128; rest >>= 7) {
                block.write((rest & 127) | 128);
            }
            block.write(rest);
        }
        block.writeBytes(text.getBytes(ISO_8859_1));
    }

    private static Map<String, String> headers(String key) {
        String now = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT)
                .withZone(ZoneOffset.UTC)
                .format(Instant.now());
        return Map.of(
                "content-type",
                "application/x-amz-json-1.1",
                "content-encoding",
                "gzip",
                "x-amz-date",
                now,
                "x-amz-target",
                "Kinesis_20131202.PutRecord",
                "authorization",
                "AWS4-HMAC-SHA256 Credential=" + key + "/" + now.substring(0, 8)
                        + "/us-east-1/kinesis/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature="
                        + "0".repeat(64));
    }

    private static byte[] bomb() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            byte[] blanks = new byte[1 << 20];
            java.util.Arrays.fill(blanks, (byte) ' ');
            for (int at = 0; at < PACKED - blanks.length; at += blanks.length) {
                gzip.write(blanks);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** How it asks for memory. */
    enum Kind {
        /** Packed bodies with a key that there is not. */
        BOMBS_OF_NOBODY,
        /** Packed bodies with a wrong signature by a key that there is. */
        BOMBS_WITH_A_KNOWN_KEY,
        /** Bodies of which a part comes, by a key that there is. */
        BODIES_WITHOUT_END,
        /** Requests by the thousand that have no end. */
        STREAMS_WITHOUT_END,
        /** Headers that have no end. */
        HEADERS_WITHOUT_END
    }
}
