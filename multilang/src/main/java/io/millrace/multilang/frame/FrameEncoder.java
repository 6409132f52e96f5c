package io.millrace.multilang.frame;

import io.millrace.model.StreamRecord;
import io.millrace.multilang.line.LineEncoder;
import io.millrace.multilang.line.NumberTexts;
import io.millrace.multilang.line.ToChild;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Writes messages to a child that speaks frames: records as columns, all others as lines. A record's data is copied once. Belongs to
 * one thread at a time.
 */
public final class FrameEncoder {
    /** The version of the format, which the daemon offers and the child takes up. */
    public static final int VERSION = 1;

    /** The first byte of records. A line begins with a brace. */
    static final byte RECORDS = 1;

    /** The bytes before the columns. */
    static final int HEAD = 24;

    /** The bytes of a record in the columns. */
    static final int COLUMNS = 2 * Long.BYTES + 3 * Integer.BYTES;

    /** The most bytes that follow a head. */
    static final int LONGEST = 1 << 28;

    private final LineEncoder lines = new LineEncoder();
    private final NumberTexts texts = new NumberTexts();

    /** An encoder. */
    public FrameEncoder() {}

    /**
     * The bytes of {@code message}.
     *
     * @throws IllegalArgumentException if it holds more records than a frame may have
     */
    public byte[] encode(ToChild message) {
        if (message instanceof ToChild.ProcessRecords process) {
            return frame(process.records(), process.millisBehindLatest());
        }
        ByteArrayOutputStream line = new ByteArrayOutputStream(256);
        try {
            lines.write(message, line);
        } catch (IOException never) {
            throw new UncheckedIOException(never);
        }
        return line.toByteArray();
    }

    private byte[] frame(List<StreamRecord> records, long millisBehindLatest) {
        int count = records.size();
        checkSize((long) count * COLUMNS);
        byte[][] keys = new byte[count][];
        byte[] numbers = new byte[count * NumberTexts.MOST_DIGITS];
        int[] numberEnds = new int[count];
        int numbersEnd = 0;
        long size = (long) count * COLUMNS;
        for (int i = 0; i < count; i++) {
            StreamRecord record = records.get(i);
            keys[i] = record.partitionKey().getBytes(StandardCharsets.UTF_8);
            numbersEnd += texts.write(record.sequenceNumber(), numbers, numbersEnd);
            numberEnds[i] = numbersEnd;
            size += record.data().size() + keys[i].length;
        }
        size += numbersEnd;
        checkSize(size);
        byte[] frame = new byte[HEAD + (int) size];
        ByteBuffer columns = ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN);
        columns.put(0, RECORDS);
        columns.putInt(4, (int) size);
        columns.putInt(8, count);
        columns.putLong(16, millisBehindLatest);
        int subs = HEAD;
        int arrivals = subs + Long.BYTES * count;
        int ends = arrivals + Long.BYTES * count;
        int heap = HEAD + COLUMNS * count;
        int at = heap;
        for (int i = 0; i < count; i++) {
            StreamRecord record = records.get(i);
            columns.putLong(subs + Long.BYTES * i, record.subSequenceNumber());
            columns.putLong(arrivals + Long.BYTES * i, record.arrival().toEpochMilli());
            record.data().copyTo(frame, at);
            at += record.data().size();
            columns.putInt(ends + Integer.BYTES * i, at - heap);
        }
        int keysBegin = at;
        for (int i = 0; i < count; i++) {
            columns.put(at, keys[i]);
            at += keys[i].length;
            columns.putInt(ends + Integer.BYTES * (count + i), at - keysBegin);
            columns.putInt(ends + Integer.BYTES * (2 * count + i), numberEnds[i]);
        }
        columns.put(at, numbers, 0, numbersEnd);
        return frame;
    }

    private static void checkSize(long size) {
        if (size > LONGEST) {
            throw new IllegalArgumentException(
                    "records of " + size + " bytes are above the limit of a frame, " + LONGEST);
        }
    }
}
