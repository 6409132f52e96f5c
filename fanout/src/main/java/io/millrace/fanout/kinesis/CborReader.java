package io.millrace.fanout.kinesis;

import io.millrace.model.SequenceNumber;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Reads CBOR items (RFC 8949) from an array, one after the other: maps with texts as keys, lists, texts, bytes, numbers and
 * moments. Belongs to one thread. Every method throws an {@link IllegalArgumentException} when the bytes are not what it
 * reads.
 */
final class CborReader {
    private static final int POSITIVE = 0;
    private static final int NEGATIVE = 1;
    private static final int BYTES = 2;
    private static final int TEXT = 3;
    private static final int LIST = 4;
    private static final int MAP = 5;
    private static final int TAG = 6;
    private static final int SIMPLE = 7;

    private static final int NULL = 0xf6;
    private static final int BREAK = 0xff;
    private static final int UNTIL_BREAK = 31;
    private static final int MOST_LEVELS = 32;
    /** A length that only the end tells. */
    private static final int UNTIL_END = -1;

    private final Name[] frequent;
    private final byte[] in;
    private int at;
    private int levels;

    /**
     * A reader of {@code in} from its beginning.
     *
     * @param frequent names that come again and again, for {@link #frequentName}
     */
    CborReader(byte[] in, List<Name> frequent) {
        this.in = in;
        this.frequent = frequent.toArray(new Name[0]);
    }

    /** A member's name as it is written. */
    static final class Name {
        private final byte[] bytes;

        Name(String text) {
            this.bytes = text.getBytes(StandardCharsets.UTF_8);
        }
    }

    /** Reads a map: {@code member} is called with each name and reads, or skips, its value. */
    void map(Consumer<String> member) {
        items(MAP, () -> member.accept(name()));
    }

    /** Reads a list: {@code element} reads, or skips, one. */
    void list(Runnable element) {
        items(LIST, element);
    }

    String text() {
        int length = head(TEXT);
        if (length == UNTIL_END) {
            return new String(chunks(TEXT), StandardCharsets.UTF_8);
        }
        int from = take(length);
        return new String(in, from, length, StandardCharsets.UTF_8);
    }

    byte[] bytes() {
        int length = head(BYTES);
        if (length == UNTIL_END) {
            return chunks(BYTES);
        }
        int from = take(length);
        return Arrays.copyOfRange(in, from, from + length);
    }

    long integer() {
        int first = next();
        long value = argument(first);
        return switch (kind(first)) {
            case POSITIVE -> value;
            case NEGATIVE -> -1 - value;
            default -> throw unexpected(first);
        };
    }

    /** Begins a map and returns how many members it has; see {@link #hasMore}. For those too frequent for {@link #map}. */
    int beginMap() {
        return head(MAP);
    }

    /**
     * True if a map of {@code count} members has more than the {@code read} ones that were read; else the map is over.
     */
    boolean hasMore(int read, int count) {
        if (count != UNTIL_END) {
            return read < count;
        }
        if (peek() != BREAK) {
            return true;
        }
        at++;
        return false;
    }

    /** Reads a member's name: its index among the frequent ones, or -1 if it is none of them. */
    int frequentName() {
        int length = head(TEXT);
        if (length == UNTIL_END) {
            byte[] whole = chunks(TEXT);
            return indexOf(whole, 0, whole.length);
        }
        return indexOf(in, take(length), length);
    }

    private int indexOf(byte[] text, int from, int length) {
        for (int i = 0; i < frequent.length; i++) {
            byte[] known = frequent[i].bytes;
            if (known.length == length && Arrays.equals(known, 0, length, text, from, from + length)) {
                return i;
            }
        }
        return -1;
    }

    /** A text that is a sequence number. */
    SequenceNumber sequenceNumber() {
        int length = head(TEXT);
        if (length == UNTIL_END) {
            byte[] whole = chunks(TEXT);
            return SequenceNumber.parse(whole, 0, whole.length);
        }
        int from = take(length);
        return SequenceNumber.parse(in, from, from + length);
    }

    /** A moment in milliseconds: tagged or not, written as such in a whole number or in seconds as a fraction. */
    long timeMillis() {
        int first = peek();
        if (kind(first) == TAG) {
            at++;
            long unused = argument(first);
            first = peek();
        }
        if (kind(first) == SIMPLE) {
            return Math.round(fraction() * 1_000);
        }
        return integer();
    }

    /** Takes a null, if there is one. */
    boolean isNull() {
        if (peek() != NULL) {
            return false;
        }
        at++;
        return true;
    }

    /** Passes over one item, whatever it is. */
    void skip() {
        int first = peek();
        switch (kind(first)) {
            case BYTES -> {
                byte[] unused = bytes();
            }
            case TEXT -> {
                String unused = text();
            }
            case LIST -> list(this::skip);
            case MAP ->
                items(MAP, () -> {
                    skip();
                    skip();
                });
            case TAG -> {
                at++;
                long unused = argument(first);
                skip();
            }
            default -> {
                at++;
                long unused = argument(first);
            }
        }
    }

    private void items(int kind, Runnable item) {
        if (++levels > MOST_LEVELS) {
            throw new IllegalArgumentException("nested more than " + MOST_LEVELS + " levels deep");
        }
        int count = head(kind);
        if (count == UNTIL_END) {
            while (peek() != BREAK) {
                item.run();
            }
            at++;
        } else {
            for (int i = 0; i < count; i++) {
                item.run();
            }
        }
        levels--;
    }

    private String name() {
        int length = head(TEXT);
        if (length == UNTIL_END) {
            return new String(chunks(TEXT), StandardCharsets.UTF_8);
        }
        int from = take(length);
        return new String(in, from, length, StandardCharsets.UTF_8);
    }

    /** The length of what begins here, which must be of this kind. */
    private int head(int kind) {
        int first = next();
        if (kind(first) != kind) {
            throw unexpected(first);
        }
        if ((first & 0x1f) == UNTIL_BREAK) {
            return UNTIL_END;
        }
        long length = argument(first);
        if (length < 0 || length > in.length) {
            throw new IllegalArgumentException("longer than the answer: " + length);
        }
        return (int) length;
    }

    private byte[] chunks(int kind) {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        while (peek() != BREAK) {
            int length = head(kind);
            if (length == UNTIL_END) {
                throw new IllegalArgumentException("chunks within chunks");
            }
            whole.write(in, take(length), length);
        }
        at++;
        return whole.toByteArray();
    }

    private long argument(int first) {
        int size = first & 0x1f;
        if (size < 24) {
            return size;
        }
        if (size > 27) {
            throw unexpected(first);
        }
        if (size == 24) {
            return in[take(1)] & 0xff;
        }
        int length = 1 << (size - 24);
        int from = take(length);
        long value = 0;
        for (int i = 0; i < length; i++) {
            value = (value << 8) | (in[from + i] & 0xff);
        }
        return value;
    }

    private double fraction() {
        int first = next();
        return switch (first) {
            case 0xfa -> Float.intBitsToFloat((int) argument(first));
            case 0xfb -> Double.longBitsToDouble(argument(first));
            default -> throw unexpected(first);
        };
    }

    private int peek() {
        if (at >= in.length) {
            throw new IllegalArgumentException("the answer ends within an item");
        }
        return in[at] & 0xff;
    }

    private int next() {
        int first = peek();
        at++;
        return first;
    }

    /** Passes over {@code length} bytes and returns where they begin. */
    private int take(int length) {
        if (length > in.length - at) {
            throw new IllegalArgumentException("the answer ends within an item");
        }
        int from = at;
        at += length;
        return from;
    }

    private static int kind(int first) {
        return first >>> 5;
    }

    private IllegalArgumentException unexpected(int first) {
        return new IllegalArgumentException("unexpected byte " + first + " at " + (at - 1));
    }
}
