package io.millrace.fanout.kinesis;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * Takes apart the framing that AWS calls event stream: messages of total length, length of the headers and CRC-32 of these two; the
 * headers; the payload; CRC-32 of all before. Big endian. Bytes come in pieces of any size. Belongs to one thread.
 */
final class EventFrames {
    private static final int PRELUDE = 12;
    private static final int CRC = 4;
    /** Above the 10 MiB of a record in base64, and the rest of an event. */
    private static final int MOST_BYTES = 64 << 20;

    /** So much room is kept by those that get small messages. */
    private static final int MOST_IDLE_BYTES = 64 << 10;

    private static final byte[] NONE = {};

    private byte[] bytes = NONE;
    private int from;
    private int end;

    /** Adds what came. The message that was peeked at before cannot be read any more. */
    void add(ByteBuffer more) {
        int length = more.remaining();
        if (from == end) {
            from = 0;
            end = 0;
        }
        if (end + length > bytes.length) {
            makeRoom(length);
        }
        more.get(bytes, end, length);
        end += length;
    }

    private void makeRoom(int length) {
        int held = end - from;
        int needed = Math.max(held + length, held >= PRELUDE ? Math.min(MOST_BYTES, total()) : 0);
        byte[] room = needed > bytes.length ? new byte[needed] : bytes;
        System.arraycopy(bytes, from, room, 0, held);
        bytes = room;
        from = 0;
        end = held;
    }

    /** True if nothing is left of what came. */
    boolean isEmpty() {
        return from == end;
    }

    /** How many bytes the next message lacks as far as is known, 0 if it is whole. */
    int missing() {
        int held = end - from;
        return held < PRELUDE ? PRELUDE - held : Math.max(0, total() - held);
    }

    /**
     * The next message, which stays to be read until more is added; empty if it is not whole.
     *
     * @throws IllegalArgumentException if the bytes are no message
     */
    Optional<Message> peek() {
        int held = end - from;
        if (held < PRELUDE) {
            return Optional.empty();
        }
        int total = total();
        int headers = integer(from + 4);
        if (total < PRELUDE + CRC || total > MOST_BYTES || headers < 0 || headers > total - PRELUDE - CRC) {
            throw new IllegalArgumentException("a message of " + total + " bytes, " + headers + " of them headers");
        }
        if (crc(from, 8) != integer(from + 8)) {
            throw new IllegalArgumentException("a message whose first checksum is wrong");
        }
        if (held < total) {
            return Optional.empty();
        }
        if (crc(from, total - CRC) != integer(from + total - CRC)) {
            throw new IllegalArgumentException("a message whose checksum is wrong");
        }
        int payload = from + PRELUDE + headers;
        return Optional.of(new Message(headers(from + PRELUDE, payload), payload, from + total - CRC));
    }

    private int total() {
        return integer(from);
    }

    private int integer(int at) {
        return (bytes[at] & 0xff) << 24
                | (bytes[at + 1] & 0xff) << 16
                | (bytes[at + 2] & 0xff) << 8
                | (bytes[at + 3] & 0xff);
    }

    private int crc(int at, int length) {
        CRC32 crc = new CRC32();
        crc.update(bytes, at, length);
        return (int) crc.getValue();
    }

    /** The headers that are texts. */
    private Map<String, String> headers(int begin, int limit) {
        Map<String, String> headers = new HashMap<>();
        int at = begin;
        while (at < limit) {
            int nameLength = bytes[at++] & 0xff;
            int nameAt = at;
            at = pass(at, nameLength + 1, limit);
            int type = bytes[at - 1];
            int length = length(type, at, limit);
            int valueAt = type == Type.BYTES || type == Type.TEXT ? at + 2 : at;
            at = pass(at, length, limit);
            if (type == Type.TEXT) {
                headers.put(text(nameAt, nameLength), text(valueAt, at - valueAt));
            }
        }
        return headers;
    }

    private static int pass(int at, int length, int limit) {
        if (length > limit - at) {
            throw new IllegalArgumentException("a header that does not end");
        }
        return at + length;
    }

    private String text(int at, int length) {
        return new String(bytes, at, length, StandardCharsets.UTF_8);
    }

    /** How many bytes the value of a header has, its own length included. */
    private int length(int type, int at, int limit) {
        return switch (type) {
            case 0, 1 -> 0;
            case 2 -> 1;
            case 3 -> 2;
            case 4 -> 4;
            case 5, 8 -> 8;
            case Type.BYTES, Type.TEXT -> {
                int value = pass(at, 2, limit);
                yield 2 + ((bytes[value - 2] & 0xff) << 8 | (bytes[value - 1] & 0xff));
            }
            case 9 -> 16;
            default -> throw new IllegalArgumentException("a header of type " + type);
        };
    }

    /** Those kinds of headers that have a length. */
    private static final class Type {
        static final int BYTES = 6;
        static final int TEXT = 7;
    }

    /** One message, to be read before more is added. */
    final class Message {
        private final Map<String, String> headers;
        private final int payloadFrom;
        private final int payloadEnd;

        private Message(Map<String, String> headers, int payloadFrom, int payloadEnd) {
            this.headers = headers;
            this.payloadFrom = payloadFrom;
            this.payloadEnd = payloadEnd;
        }

        /** A header's text, empty where there is none. */
        String header(String name) {
            return headers.getOrDefault(name, "");
        }

        /** A reader of the payload. */
        JsonReader json() {
            return new JsonReader(bytes, payloadFrom, payloadEnd);
        }

        /** Passes over the message; it is the one that {@link #peek} gave last. */
        void remove() {
            int length = payloadEnd + CRC - from;
            from += length;
            if (from == end && bytes.length > MOST_IDLE_BYTES && bytes.length / 8 > length) {
                // The tip is reached: what was needed to catch up is not any more.
                bytes = NONE;
                from = 0;
                end = 0;
            }
        }
    }
}
