package io.millrace.streamcore.api.shape;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.millrace.model.Bytes;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * Writes one answer, member after member, straight to its destination. A missing member is simply not written. Belongs to
 * the thread that writes; closing it flushes but leaves the destination open.
 */
public final class AnswerWriter implements AutoCloseable {
    // The kinds of CBOR items.
    private static final int POSITIVE = 0x00;
    private static final int NEGATIVE = 0x20;
    private static final int BYTES = 0x40;
    private static final int TEXT = 0x60;
    private static final int TAG_EPOCH_TIME = 0xc1;

    private final boolean isJson;
    private final Encoding encoding;
    private final ByteSink out;
    /** In JSON: something of the same list or structure stands before. */
    private boolean needsComma;

    /** A writer to {@code out}. */
    public AnswerWriter(Encoding encoding, OutputStream out) {
        this.isJson = encoding == Encoding.JSON;
        this.encoding = encoding;
        this.out = new ByteSink(out);
    }

    /** Begins the answer, or a structure in a list. */
    public AnswerWriter start() throws IOException {
        separate();
        out.write(isJson ? '{' : 0xbf);
        needsComma = false;
        return this;
    }

    /** Begins a structure member. */
    public AnswerWriter start(String name) throws IOException {
        name(name);
        return start();
    }

    /** Ends what {@code start} began. */
    public AnswerWriter end() throws IOException {
        out.write(isJson ? '}' : 0xff);
        needsComma = true;
        return this;
    }

    /** Begins a list member. */
    public AnswerWriter startList(String name) throws IOException {
        name(name);
        out.write(isJson ? '[' : 0x9f);
        needsComma = false;
        return this;
    }

    /** Ends what {@code startList} began. */
    public AnswerWriter endList() throws IOException {
        out.write(isJson ? ']' : 0xff);
        needsComma = true;
        return this;
    }

    /**
     * Lets {@code writer} write all elements of the list just begun, commas included, past this writer: for lists that are
     * too long for it.
     */
    public AnswerWriter elements(Elements writer) throws IOException {
        writer.write(encoding, out);
        return this;
    }

    /** A text in a list. */
    public AnswerWriter text(String value) throws IOException {
        separate();
        string(value);
        needsComma = true;
        return this;
    }

    /** A text member. */
    public AnswerWriter text(String name, String value) throws IOException {
        name(name);
        return text(value);
    }

    /** A number member. */
    public AnswerWriter number(String name, long value) throws IOException {
        name(name);
        if (isJson) {
            raw(Long.toString(value));
        } else {
            integer(value);
        }
        return this;
    }

    /** A flag member. */
    public AnswerWriter flag(String name, boolean value) throws IOException {
        name(name);
        if (isJson) {
            raw(Boolean.toString(value));
        } else {
            out.write(value ? 0xf5 : 0xf4);
        }
        return this;
    }

    /** A member with a moment: tag 1 with milliseconds in CBOR, seconds with a fraction in JSON. */
    public AnswerWriter time(String name, Instant value) throws IOException {
        name(name);
        long millis = value.toEpochMilli();
        if (isJson) {
            raw(seconds(millis));
        } else {
            out.write(TAG_EPOCH_TIME);
            integer(millis);
        }
        return this;
    }

    /** A moment as JSON has it: seconds with a fraction of three digits. */
    public static String seconds(long millis) {
        long fraction = Math.floorMod(millis, 1000L) + 1000;
        return Math.floorDiv(millis, 1000L) + "." + Long.toString(fraction).substring(1);
    }

    /** A member with bytes: a byte string in CBOR, base64 in JSON; no copy of the whole is made. */
    public AnswerWriter blob(String name, Bytes value) throws IOException {
        name(name);
        ByteBuffer bytes = value.asByteBuffer();
        if (isJson) {
            out.write('"');
            out.writeBase64(bytes, 0, value.size());
            out.write('"');
        } else {
            head(BYTES, value.size());
            out.write(bytes, 0, value.size());
        }
        needsComma = true;
        return this;
    }

    @Override
    public void close() throws IOException {
        out.flush();
    }

    private void name(String name) throws IOException {
        separate();
        string(name);
        if (isJson) {
            out.write(':');
        }
        needsComma = false;
    }

    private void separate() throws IOException {
        if (needsComma && isJson) {
            out.write(',');
        }
    }

    private void string(String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (!isJson) {
            head(TEXT, bytes.length);
            out.write(bytes);
            return;
        }
        out.write('"');
        out.write(isPlain(bytes) ? bytes : JsonStringEncoder.getInstance().quoteAsUTF8(text));
        out.write('"');
    }

    /** True if JSON takes these characters as they are. */
    private static boolean isPlain(byte[] text) {
        for (byte next : text) {
            if (next < ' ' || next == '"' || next == '\\') {
                return false;
            }
        }
        return true;
    }

    private void raw(String ascii) throws IOException {
        out.write(ascii.getBytes(StandardCharsets.US_ASCII));
        needsComma = true;
    }

    private void integer(long value) throws IOException {
        head(value < 0 ? NEGATIVE : POSITIVE, value < 0 ? -1 - value : value);
    }

    /** The beginning of a CBOR item: its kind, and a count in as few bytes as it takes (RFC 8949, section 3). */
    private void head(int kind, long count) throws IOException {
        if (count < 24) {
            out.write(kind | (int) count);
        } else if (count < 1 << 8) {
            out.write(kind | 24);
            out.writeNumber(count, 1);
        } else if (count < 1 << 16) {
            out.write(kind | 25);
            out.writeNumber(count, 2);
        } else if (count < 1L << 32) {
            out.write(kind | 26);
            out.writeNumber(count, 4);
        } else {
            out.write(kind | 27);
            out.writeNumber(count, 8);
        }
    }

    /** Writes the elements of a list. */
    @FunctionalInterface
    public interface Elements {
        /**
         * Writes them all.
         *
         * @throws IOException if the destination refuses
         */
        void write(Encoding encoding, ByteSink out) throws IOException;
    }
}
