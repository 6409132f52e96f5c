package io.millrace.multilang.frame;

import io.millrace.model.Bytes;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamRecord;
import io.millrace.multilang.line.ToChild;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Reads a frame as a child does: whole, or not at all. */
final class FrameReader {
    private FrameReader() {}

    /**
     * The records of a frame.
     *
     * @throws IllegalArgumentException if it is none
     */
    static ToChild.ProcessRecords read(Bytes frame) {
        ByteBuffer bytes = frame.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        check(bytes.remaining() >= FrameEncoder.HEAD, "within a frame");
        check(bytes.getInt(0) == FrameEncoder.RECORDS && bytes.getInt(12) == 0, "form");
        long length = Integer.toUnsignedLong(bytes.getInt(4));
        check(length <= FrameEncoder.LONGEST, "most");
        check(bytes.remaining() == FrameEncoder.HEAD + length, "within a frame");
        long most = Integer.toUnsignedLong(bytes.getInt(8));
        check(most * FrameEncoder.COLUMNS <= length, "cannot hold");
        int count = (int) most;
        int ends = FrameEncoder.HEAD + 16 * count;
        int heap = FrameEncoder.HEAD + FrameEncoder.COLUMNS * count;
        List<Bytes> data = heap(bytes, ends, heap, count);
        int keysAt = heap + sizeOf(data);
        List<Bytes> keys = heap(bytes, ends + 4 * count, keysAt, count);
        int numbersAt = keysAt + sizeOf(keys);
        List<Bytes> numbers = heap(bytes, ends + 8 * count, numbersAt, count);
        check(numbersAt + sizeOf(numbers) == bytes.remaining(), "do not add up");
        List<StreamRecord> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            SequenceNumber number = SequenceNumber.parse(numbers.get(i).toUtf8());
            records.add(new StreamRecord(
                    new RecordPosition(number, bytes.getLong(FrameEncoder.HEAD + 8 * i)),
                    text(keys.get(i)),
                    data.get(i),
                    Instant.ofEpochMilli(bytes.getLong(FrameEncoder.HEAD + 8 * (count + i)))));
        }
        return new ToChild.ProcessRecords(records, bytes.getLong(16));
    }

    private static List<Bytes> heap(ByteBuffer bytes, int ends, int at, int count) {
        List<Bytes> parts = new ArrayList<>();
        long before = 0;
        for (int i = 0; i < count; i++) {
            long end = Integer.toUnsignedLong(bytes.getInt(ends + 4 * i));
            check(end >= before && at + end <= bytes.limit(), "lengths");
            byte[] part = new byte[(int) (end - before)];
            bytes.get((int) (at + before), part);
            parts.add(Bytes.wrap(part));
            before = end;
        }
        return parts;
    }

    private static String text(Bytes key) {
        try {
            CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(key.asByteBuffer());
            return text.toString();
        } catch (CharacterCodingException noText) {
            throw new IllegalArgumentException("key", noText);
        }
    }

    private static int sizeOf(List<Bytes> parts) {
        return parts.stream().mapToInt(Bytes::size).sum();
    }

    private static void check(boolean isWell, String what) {
        if (!isWell) {
            throw new IllegalArgumentException(what);
        }
    }
}
