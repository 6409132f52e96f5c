package io.millrace.fanout.kinesis;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/** Writes one message of an event stream. */
final class Frame {
    private static final byte TEXT = 7;

    private final ByteArrayOutputStream headers = new ByteArrayOutputStream();

    /** Adds a text. */
    Frame text(String name, String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        byte[] sized = ByteBuffer.allocate(2 + bytes.length)
                .putShort((short) bytes.length)
                .put(bytes)
                .array();
        return header(name, TEXT, sized);
    }

    /** Adds a header whose value is {@code value}, its length included where its type has one. */
    Frame header(String name, int type, byte... value) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        headers.write(bytes.length);
        headers.writeBytes(bytes);
        headers.write(type);
        headers.writeBytes(value);
        return this;
    }

    byte[] payload(String text) {
        byte[] payload = text.getBytes(StandardCharsets.UTF_8);
        int total = 16 + headers.size() + payload.length;
        byte[] bytes = new byte[total];
        ByteBuffer frame = ByteBuffer.wrap(bytes).putInt(total).putInt(headers.size());
        frame.putInt(crc(bytes, 8)).put(headers.toByteArray()).put(payload);
        frame.putInt(crc(bytes, total - 4));
        return bytes;
    }

    private static int crc(byte[] bytes, int length) {
        CRC32 crc = new CRC32();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }
}
