package io.millrace.fanout.kinesis;

import io.millrace.model.SequenceNumber;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/**
 * Reads JSON (RFC 8259) from a part of an array, one value after the other: objects, lists, texts, base64, whole numbers and
 * moments. Belongs to one thread. Every method throws an {@link IllegalArgumentException} when the bytes are not what it reads.
 */
final class JsonReader {
    private static final int MOST_LEVELS = 32;
    private static final Base64.Decoder BASE64 = Base64.getDecoder();

    private final byte[] in;
    private final int end;
    private int at;
    /** An object or a list has begun, and nothing in it was read. */
    private boolean isFresh;

    // Of the text that was read last: where it is in the input, quotes left out, and whether anything in it is escaped.
    private int textFrom;
    private int textEnd;
    private boolean isEscaped;

    /** A reader of the bytes of {@code in} from {@code from} to before {@code end}. */
    JsonReader(byte[] in, int from, int end) {
        this.in = in;
        this.at = from;
        this.end = end;
    }

    /** Begins an object; {@link #hasMember} takes its end. */
    void beginObject() {
        take('{');
        isFresh = true;
    }

    /** Begins a list; {@link #hasElement} takes its end. */
    void beginList() {
        take('[');
        isFresh = true;
    }

    /** True if another member follows; else the object is over. */
    boolean hasMember() {
        return hasMore('}');
    }

    /** True if another element follows; else the list is over. */
    boolean hasElement() {
        return hasMore(']');
    }

    private boolean hasMore(char close) {
        byte next = peek();
        boolean isFirst = isFresh;
        isFresh = false;
        if (next == close) {
            at++;
            return false;
        }
        if (!isFirst) {
            take(',');
        }
        return true;
    }

    /** Reads a member's name; {@link #isName} compares it until the next text is read. */
    void name() {
        span();
        take(':');
    }

    /** True if the name read last is {@code name}, which is ASCII. */
    boolean isName(byte[] name) {
        return isEscaped
                ? spoken().equals(new String(name, StandardCharsets.US_ASCII))
                : Arrays.equals(in, textFrom, textEnd, name, 0, name.length);
    }

    /** Reads a member's name, whatever it is. */
    String memberName() {
        name();
        return spoken();
    }

    String text() {
        span();
        return spoken();
    }

    /** A text that is a sequence number. */
    SequenceNumber sequenceNumber() {
        span();
        return SequenceNumber.parse(in, textFrom, textEnd);
    }

    /** A text that is base64, with padding. */
    byte[] base64() {
        span();
        ByteBuffer text = isEscaped
                ? ByteBuffer.wrap(spoken().getBytes(StandardCharsets.ISO_8859_1))
                : ByteBuffer.wrap(in, textFrom, textEnd - textFrom);
        ByteBuffer bytes = BASE64.decode(text);
        byte[] array = bytes.array();
        boolean isWhole = bytes.arrayOffset() == 0 && bytes.remaining() == array.length;
        return isWhole
                ? array
                : Arrays.copyOfRange(array, bytes.arrayOffset(), bytes.arrayOffset() + bytes.remaining());
    }

    long integer() {
        return decimal(number(), 0);
    }

    /** A moment in milliseconds, written in seconds. */
    long timeMillis() {
        int from = number();
        long seconds = 0;
        int point = from;
        while (point < at && isDigit(in[point])) {
            point++;
        }
        // Seconds and a fraction of three digits is what servers write; the rest is rare.
        if (point - from >= 1 && point - from <= 12 && (point == at || (in[point] == '.' && at - point <= 4))) {
            for (int i = from; i < point; i++) {
                seconds = seconds * 10 + in[i] - '0';
            }
            int millis = 0;
            boolean areDigits = true;
            for (int i = 1; i <= 3; i++) {
                int digit = point + i < at ? in[point + i] - '0' : 0;
                areDigits &= digit >= 0 && digit <= 9;
                millis = millis * 10 + digit;
            }
            if (areDigits) {
                return seconds * 1_000 + millis;
            }
        }
        return decimal(from, 3);
    }

    /** Takes a null, if there is one. */
    boolean isNull() {
        if (peek() != 'n') {
            return false;
        }
        literal("null");
        return true;
    }

    /** Passes over one value, whatever it is. */
    void skip() {
        skip(0);
    }

    private void skip(int level) {
        if (level > MOST_LEVELS) {
            throw new IllegalArgumentException("nested more than " + MOST_LEVELS + " levels deep");
        }
        switch (peek()) {
            case '{' -> {
                beginObject();
                while (hasMember()) {
                    name();
                    skip(level + 1);
                }
            }
            case '[' -> {
                beginList();
                while (hasElement()) {
                    skip(level + 1);
                }
            }
            case '"' -> span();
            case 't' -> literal("true");
            case 'f' -> literal("false");
            case 'n' -> literal("null");
            default -> {
                int unused = number();
            }
        }
    }

    /** Passes over a text and notes where it is. */
    private void span() {
        take('"');
        textFrom = at;
        isEscaped = false;
        int look = at;
        while (true) {
            if (look >= end) {
                throw new IllegalArgumentException("the JSON ends within a text");
            }
            byte next = in[look];
            if (next == '"') {
                break;
            }
            if (next == '\\') {
                isEscaped = true;
                look++;
            } else if (next >= 0 && next < ' ') {
                throw new IllegalArgumentException("a control character within a text");
            }
            look++;
        }
        textEnd = look;
        at = look + 1;
    }

    /** The text that was read last. */
    private String spoken() {
        if (!isEscaped) {
            return new String(in, textFrom, textEnd - textFrom, StandardCharsets.UTF_8);
        }
        // The text between escapes may be UTF-8 of several bytes; none of them is a backslash.
        StringBuilder text = new StringBuilder();
        int from = textFrom;
        for (int i = textFrom; i < textEnd; i++) {
            if (in[i] == '\\') {
                text.append(new String(in, from, i - from, StandardCharsets.UTF_8));
                i = unescape(i + 1, text);
                from = i + 1;
            }
        }
        return text.append(new String(in, from, textEnd - from, StandardCharsets.UTF_8))
                .toString();
    }

    /** Reads what follows a backslash and returns where it ends. */
    private int unescape(int from, StringBuilder to) {
        switch (in[from]) {
            case '"', '\\', '/' -> to.append((char) in[from]);
            case 'b' -> to.append('\b');
            case 'f' -> to.append('\f');
            case 'n' -> to.append('\n');
            case 'r' -> to.append('\r');
            case 't' -> to.append('\t');
            case 'u' -> {
                if (from + 4 >= textEnd) {
                    throw new IllegalArgumentException("an escape of less than four digits");
                }
                int unit = 0;
                for (int i = from + 1; i <= from + 4; i++) {
                    int digit = Character.digit(in[i], 16);
                    if (digit < 0) {
                        throw new IllegalArgumentException("not a hexadecimal digit");
                    }
                    unit = unit << 4 | digit;
                }
                to.append((char) unit);
                return from + 4;
            }
            default -> throw new IllegalArgumentException("an escape that JSON does not have");
        }
        return from;
    }

    /** Passes over a number and returns where it begins. */
    private int number() {
        byte unused = peek();
        int from = at;
        while (at < end && isOfNumber(in[at])) {
            at++;
        }
        if (at == from) {
            throw unexpected();
        }
        return from;
    }

    /** The number that ends here, times ten to the power of {@code shift}, rounded. */
    private long decimal(int from, int shift) {
        // No number of this API is longer; a text of any length could make a number that takes for ever.
        if (at - from > 40) {
            throw new IllegalArgumentException("a number of " + (at - from) + " digits");
        }
        try {
            BigDecimal number = new BigDecimal(new String(in, from, at - from, StandardCharsets.US_ASCII));
            if (Math.abs((long) number.precision() - number.scale()) > 40) {
                throw new IllegalArgumentException("a number beyond any that is read");
            }
            return number.movePointRight(shift)
                    .setScale(0, RoundingMode.HALF_UP)
                    .longValueExact();
        } catch (ArithmeticException beyond) {
            throw new IllegalArgumentException("a number beyond 64 bits", beyond);
        }
    }

    private static boolean isDigit(byte next) {
        return next >= '0' && next <= '9';
    }

    private static boolean isOfNumber(byte next) {
        return isDigit(next) || next == '.' || next == '-' || next == '+' || next == 'e' || next == 'E';
    }

    private void literal(String word) {
        for (int i = 0; i < word.length(); i++) {
            if (at >= end || in[at] != word.charAt(i)) {
                throw unexpected();
            }
            at++;
        }
    }

    private void take(char expected) {
        if (peek() != expected) {
            throw unexpected();
        }
        at++;
    }

    /** The next byte that is no white space. */
    private byte peek() {
        while (at < end) {
            byte next = in[at];
            if (next != ' ' && next != '\n' && next != '\t' && next != '\r') {
                return next;
            }
            at++;
        }
        throw new IllegalArgumentException("the JSON ends too early");
    }

    private IllegalArgumentException unexpected() {
        return at < end
                ? new IllegalArgumentException("unexpected byte " + (in[at] & 0xff) + " at " + at)
                : new IllegalArgumentException("the JSON ends too early");
    }
}
