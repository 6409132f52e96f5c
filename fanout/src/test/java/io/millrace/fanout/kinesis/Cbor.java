package io.millrace.fanout.kinesis;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Writes CBOR for tests, in every form that RFC 8949 allows for the same value. */
final class Cbor {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Cbor hex(String bytes) {
        out.writeBytes(HexFormat.of().parseHex(bytes));
        return this;
    }

    Cbor map(int members) {
        return head(0xa0, members);
    }

    Cbor list(int elements) {
        return head(0x80, elements);
    }

    Cbor text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        head(0x60, bytes.length);
        out.writeBytes(bytes);
        return this;
    }

    Cbor bytes(byte[] bytes) {
        head(0x40, bytes.length);
        out.writeBytes(bytes);
        return this;
    }

    Cbor number(long value) {
        return value < 0 ? head(0x20, -1 - value) : head(0x00, value);
    }

    Cbor head(int kind, long count) {
        if (count < 24) {
            out.write(kind | (int) count);
        } else {
            int size = count < 1 << 8 ? 0 : count < 1 << 16 ? 1 : count < 1L << 32 ? 2 : 3;
            out.write(kind | (24 + size));
            for (int shift = 8 * ((1 << size) - 1); shift >= 0; shift -= 8) {
                out.write((int) (count >>> shift));
            }
        }
        return this;
    }

    byte[] toBytes() {
        return out.toByteArray();
    }
}
