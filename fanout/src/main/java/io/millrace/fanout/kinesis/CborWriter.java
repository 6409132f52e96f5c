package io.millrace.fanout.kinesis;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Writes the CBOR body of a request: one map of texts and whole numbers (RFC 8949). Belongs to one thread, for one request. */
final class CborWriter {
    private static final int POSITIVE = 0x00;
    private static final int TEXT = 0x60;
    private static final int MAP = 0xa0;

    private final ByteArrayOutputStream members = new ByteArrayOutputStream(256);
    private int count;

    /** One more member. */
    CborWriter member(String name, String value) {
        begin(name);
        text(value);
        return this;
    }

    /** One more member, not negative. */
    CborWriter member(String name, int value) {
        begin(name);
        head(POSITIVE, value);
        return this;
    }

    /** The map as a whole: 23 members at most. */
    byte[] map() {
        byte[] body = new byte[1 + members.size()];
        body[0] = (byte) (MAP | count);
        System.arraycopy(members.toByteArray(), 0, body, 1, members.size());
        return body;
    }

    private void begin(String name) {
        count++;
        if (count > 23) {
            throw new IllegalStateException("more members than one byte tells");
        }
        text(name);
    }

    private void text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        head(TEXT, bytes.length);
        members.writeBytes(bytes);
    }

    private void head(int kind, int length) {
        if (length < 24) {
            members.write(kind | length);
        } else if (length < 1 << 8) {
            members.write(kind | 24);
            members.write(length);
        } else if (length < 1 << 16) {
            members.write(kind | 25);
            members.write(length >>> 8);
            members.write(length);
        } else {
            members.write(kind | 26);
            members.write(length >>> 24);
            members.write(length >>> 16);
            members.write(length >>> 8);
            members.write(length);
        }
    }
}
