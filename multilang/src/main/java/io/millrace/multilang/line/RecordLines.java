package io.millrace.multilang.line;

import io.millrace.model.Bytes;
import io.millrace.model.StreamRecord;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes batches of records as lines of JSON, by hand: a record is the same words around five values, and nothing of it is made but
 * the bytes that go to the stream, in pieces of some ten kilobytes. Belongs to one thread at a time.
 */
final class RecordLines {
    private static final byte[] BEGIN = ascii("{\"action\":\"processRecords\",\"records\":[");
    private static final byte[] END = ascii("],\"millisBehindLatest\":");
    private static final byte[] DATA = ascii("{\"data\":\"");
    private static final byte[] PARTITION_KEY = ascii("\",\"partitionKey\":\"");
    private static final byte[] SEQUENCE_NUMBER = ascii("\",\"sequenceNumber\":\"");
    private static final byte[] ARRIVAL = ascii("\",\"approximateArrivalTimestamp\":");
    private static final byte[] SUB_SEQUENCE_NUMBER = ascii(",\"subSequenceNumber\":");
    private static final byte[] RECORD_END = ascii(",\"action\":\"record\"}");
    private static final byte[] HEX = ascii("0123456789ABCDEF");

    /** Half of what a pipe holds, so that the child reads one piece while the next is made. */
    private static final int PIECE = 32 * 1024;

    /** A batch of one record does not need more. */
    private static final int FIRST_PIECE = 4 * 1024;

    /** A character that is escaped takes so many bytes at most. */
    private static final int ESCAPED = 6;

    private final NumberTexts numbers = new NumberTexts();
    private byte[] piece = new byte[FIRST_PIECE];
    private int at;

    /** Space for payloads that fit into a piece. */
    private byte[] base64 = new byte[FIRST_PIECE];

    /** The arrival that was written last, and its text: many records have the same. */
    private @Nullable Instant arrival;

    private byte[] arrivalText = new byte[0];

    /** Writes a whole message and its line feed. Does not flush {@code out}. */
    void write(List<StreamRecord> records, long millisBehindLatest, OutputStream out) throws IOException {
        at = 0;
        put(BEGIN, BEGIN.length, out);
        for (int i = 0; i < records.size(); i++) {
            if (i > 0) {
                room(1, out);
                piece[at++] = ',';
            }
            write(records.get(i), out);
        }
        put(END, END.length, out);
        put(millisBehindLatest, out);
        room(2, out);
        piece[at++] = '}';
        piece[at++] = '\n';
        send(out);
    }

    private void write(StreamRecord record, OutputStream out) throws IOException {
        put(DATA, DATA.length, out);
        putData(record.data(), out);
        put(PARTITION_KEY, PARTITION_KEY.length, out);
        putText(record.partitionKey(), out);
        put(SEQUENCE_NUMBER, SEQUENCE_NUMBER.length, out);
        room(NumberTexts.MOST_DIGITS, out);
        at += numbers.write(record.sequenceNumber(), piece, at);
        put(ARRIVAL, ARRIVAL.length, out);
        Instant arrived = record.arrival();
        if (!arrived.equals(arrival)) {
            arrivalText = ascii(Long.toString(arrived.toEpochMilli()));
            arrival = arrived;
        }
        put(arrivalText, arrivalText.length, out);
        put(SUB_SEQUENCE_NUMBER, SUB_SEQUENCE_NUMBER.length, out);
        put(record.subSequenceNumber(), out);
        put(RECORD_END, RECORD_END.length, out);
    }

    private void putData(Bytes data, OutputStream out) throws IOException {
        int size = data.base64Size();
        if (size > base64.length) {
            // Larger ones do not keep their space.
            byte[] own = new byte[size];
            base64 = size <= PIECE ? own : base64;
            put(own, data.base64To(own), out);
        } else {
            put(base64, data.base64To(base64), out);
        }
    }

    private void putText(String text, OutputStream out) throws IOException {
        int length = text.length();
        if (length > PIECE / 2) {
            putOdd(text, 0, out);
            return;
        }
        room(length, out);
        for (int i = 0; i < length; i++) {
            char next = text.charAt(i);
            if (next < ' ' || next > '~' || next == '"' || next == '\\') {
                putOdd(text, i, out);
                return;
            }
            piece[at++] = (byte) next;
        }
    }

    /** Any text, from {@code from} on, with everything but ASCII escaped. */
    private void putOdd(String text, int from, OutputStream out) throws IOException {
        for (int i = from; i < text.length(); i++) {
            room(ESCAPED, out);
            char next = text.charAt(i);
            char escape = escape(next);
            if (escape == 'u') {
                piece[at++] = '\\';
                piece[at++] = 'u';
                for (int shift = 12; shift >= 0; shift -= 4) {
                    piece[at++] = HEX[next >> shift & 0xf];
                }
            } else if (escape != 0) {
                piece[at++] = '\\';
                piece[at++] = (byte) escape;
            } else {
                piece[at++] = (byte) next;
            }
        }
    }

    /** The character behind the backslash; 0 for characters that stand for themselves. */
    private static char escape(char next) {
        return switch (next) {
            case '"', '\\' -> next;
            case '\b' -> 'b';
            case '\t' -> 't';
            case '\n' -> 'n';
            case '\f' -> 'f';
            case '\r' -> 'r';
            default -> next < ' ' || next > '\u007f' ? 'u' : 0;
        };
    }

    private void put(long number, OutputStream out) throws IOException {
        if (number >= 0 && number < 10) {
            // As most are: places within an aggregate, and the distance from the tip.
            room(1, out);
            piece[at++] = (byte) ('0' + number);
        } else {
            byte[] text = ascii(Long.toString(number));
            put(text, text.length, out);
        }
    }

    private void put(byte[] bytes, int length, OutputStream out) throws IOException {
        if (length > PIECE) {
            send(out);
            for (int from = 0; from < length; from += PIECE) {
                out.write(bytes, from, Math.min(PIECE, length - from));
            }
            return;
        }
        room(length, out);
        System.arraycopy(bytes, 0, piece, at, length);
        at += length;
    }

    /** Makes room for so many bytes, no more than a piece. */
    private void room(int length, OutputStream out) throws IOException {
        if (piece.length - at >= length) {
            return;
        }
        if (piece.length < PIECE) {
            byte[] larger = new byte[PIECE];
            System.arraycopy(piece, 0, larger, 0, at);
            piece = larger;
        }
        if (piece.length - at < length) {
            send(out);
        }
    }

    private void send(OutputStream out) throws IOException {
        out.write(piece, 0, at);
        at = 0;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
