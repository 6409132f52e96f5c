package io.millrace.multilang.frame;

import io.millrace.model.StreamRecord;
import io.millrace.multilang.line.LineEncoder;
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

    private static byte[] frame(List<StreamRecord> records, long millisBehindLatest) {
        int count = records.size();
        byte[][] keys = new byte[count][];
        byte[][] numbers = new byte[count][];
        long size = (long) count * COLUMNS;
        for (int i = 0; i < count; i++) {
            StreamRecord record = records.get(i);
            keys[i] = record.partitionKey().getBytes(StandardCharsets.UTF_8);
            numbers[i] = record.sequenceNumber().toAscii();
            size += record.data().size() + keys[i].length + numbers[i].length;
        }
        if (size > LONGEST) {
            throw new IllegalArgumentException(
                    "records of " + size + " bytes are above the limit of a frame, " + LONGEST);
        }
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
        int texts = heap(keys, columns, ends + Integer.BYTES * count, at);
        heap(numbers, columns, ends + 2 * Integer.BYTES * count, texts);
        return frame;
    }

    /** Writes texts one behind the other from {@code at} on, and where each ends; returns where they all do. */
    private static int heap(byte[][] texts, ByteBuffer frame, int ends, int at) {
        int next = at;
        for (int i = 0; i < texts.length; i++) {
            frame.put(next, texts[i]);
            next += texts[i].length;
            frame.putInt(ends + Integer.BYTES * i, next - at);
        }
        return next;
    }
}
