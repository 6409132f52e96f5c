package io.millrace.streamcore.api.push;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/**
 * Encodes one message of the framing that AWS calls event stream: total length, length of the headers and CRC-32 of these
 * two; the headers, all texts; the payload; CRC-32 of all before. Big endian. Belongs to the thread that writes.
 */
final class EventMessage {
    private static final int PRELUDE = 12;
    private static final int CRC = 4;
    private static final byte TEXT = 7;
    private static final int FIRST_ROOM = 512;

    private final Bytes bytes = new Bytes();
    private int endOfHeaders = PRELUDE;

    /** An empty message. */
    EventMessage() {
        bytes.writeBytes(new byte[PRELUDE]);
    }

    /** Adds a header: a name of at most 255 bytes, a text of at most 32,767. All headers come before the payload. */
    EventMessage header(String name, String value) {
        byte[] key = name.getBytes(StandardCharsets.UTF_8);
        byte[] text = value.getBytes(StandardCharsets.UTF_8);
        bytes.write(key.length);
        bytes.writeBytes(key);
        bytes.write(TEXT);
        bytes.write(text.length >>> 8);
        bytes.write(text.length);
        bytes.writeBytes(text);
        endOfHeaders = bytes.size();
        return this;
    }

    /** Writes the payload and ends the message. */
    ByteBuffer payload(Payload payload) {
        try {
            payload.writeTo(bytes);
        } catch (IOException e) {
            throw new IllegalStateException("an array refused bytes", e);
        }
        return bytes.finished(endOfHeaders);
    }

    /** Writes a payload. */
    @FunctionalInterface
    interface Payload {
        void writeTo(OutputStream out) throws IOException;
    }

    /** A growing array whose beginning is filled in at the end. */
    private static final class Bytes extends ByteArrayOutputStream {
        Bytes() {
            super(FIRST_ROOM);
        }

        ByteBuffer finished(int endOfHeaders) {
            int end = size();
            write(0);
            write(0);
            write(0);
            write(0);
            ByteBuffer message = ByteBuffer.wrap(buf, 0, end + CRC);
            message.putInt(0, end + CRC).putInt(4, endOfHeaders - PRELUDE).putInt(8, crc(8));
            message.putInt(end, crc(end));
            return message.asReadOnlyBuffer();
        }

        private int crc(int length) {
            CRC32 crc = new CRC32();
            crc.update(buf, 0, length);
            return (int) crc.getValue();
        }
    }
}
