package io.millrace.streamcore.api.shape;

import com.fasterxml.jackson.core.Base64Variants;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.dataformat.cbor.CBORGenerator;
import io.millrace.model.Bytes;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Instant;

/**
 * Writes one answer, member after member, straight to its destination. A missing member is simply not written. Belongs to
 * the thread that writes; closing it flushes but leaves the destination open.
 */
public final class AnswerWriter implements AutoCloseable {
    private static final int TAG_EPOCH_TIME = 1;

    private final Encoding encoding;
    private final OutputStream destination;
    private final JsonGenerator out;

    /**
     * A writer to {@code out}.
     *
     * @throws IOException if the destination refuses
     */
    public AnswerWriter(Encoding encoding, OutputStream out) throws IOException {
        this.encoding = encoding;
        this.destination = out;
        this.out = encoding.generator(out);
    }

    /** Begins the answer, or a structure in a list. */
    public AnswerWriter start() throws IOException {
        out.writeStartObject();
        return this;
    }

    /** Begins a structure member. */
    public AnswerWriter start(String name) throws IOException {
        out.writeFieldName(name);
        return start();
    }

    /** Ends what {@code start} began. */
    public AnswerWriter end() throws IOException {
        out.writeEndObject();
        return this;
    }

    /** Begins a list member. */
    public AnswerWriter startList(String name) throws IOException {
        out.writeFieldName(name);
        out.writeStartArray();
        return this;
    }

    /** Ends what {@code startList} began. */
    public AnswerWriter endList() throws IOException {
        out.writeEndArray();
        return this;
    }

    /**
     * Lets {@code writer} write all elements of the list just begun, commas included, past this writer: for lists that are
     * too long for it.
     */
    public AnswerWriter elements(Elements writer) throws IOException {
        out.flush();
        ByteSink sink = new ByteSink(destination);
        writer.write(encoding, sink);
        sink.flush();
        return this;
    }

    /** A text in a list. */
    public AnswerWriter text(String value) throws IOException {
        out.writeString(value);
        return this;
    }

    /** A text member. */
    public AnswerWriter text(String name, String value) throws IOException {
        out.writeFieldName(name);
        out.writeString(value);
        return this;
    }

    /** A number member. */
    public AnswerWriter number(String name, long value) throws IOException {
        out.writeFieldName(name);
        out.writeNumber(value);
        return this;
    }

    /** A flag member. */
    public AnswerWriter flag(String name, boolean value) throws IOException {
        out.writeFieldName(name);
        out.writeBoolean(value);
        return this;
    }

    /** A member with a moment: tag 1 with milliseconds in CBOR, seconds with a fraction in JSON. */
    public AnswerWriter time(String name, Instant value) throws IOException {
        out.writeFieldName(name);
        long millis = value.toEpochMilli();
        if (out instanceof CBORGenerator cbor) {
            cbor.writeTag(TAG_EPOCH_TIME);
            cbor.writeNumber(millis);
        } else {
            out.writeNumber(seconds(millis));
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
        out.writeFieldName(name);
        out.writeBinary(Base64Variants.MIME_NO_LINEFEEDS, new BytesStream(value.asByteBuffer()), value.size());
        return this;
    }

    @Override
    public void close() throws IOException {
        out.close();
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

    /** Lets the generator fetch the bytes piece by piece. */
    private static final class BytesStream extends InputStream {
        private final ByteBuffer bytes;

        BytesStream(ByteBuffer bytes) {
            this.bytes = bytes;
        }

        @Override
        public int read() {
            return bytes.hasRemaining() ? bytes.get() & 0xff : -1;
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            if (!bytes.hasRemaining()) {
                return -1;
            }
            int read = Math.min(length, bytes.remaining());
            bytes.get(target, offset, read);
            return read;
        }
    }
}
