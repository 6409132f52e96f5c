package io.millrace.streamcore.api.data;

import io.millrace.model.SequenceDigits;
import io.millrace.model.SequenceNumber;
import io.millrace.streamcore.api.shape.AnswerWriter;
import io.millrace.streamcore.api.shape.ByteSink;
import io.millrace.streamcore.api.shape.Encoding;
import io.millrace.streamcore.stream.StoredRecords;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Writes the {@code Records} list of an answer or an event straight from the log's batches, a few short copies a record
 * and no object for any. Reading costs here, so it goes around the general writer. Belongs to the thread that writes.
 */
public abstract sealed class RecordsWriter implements StoredRecords.Visitor {
    private final ByteSink out;
    private SequenceDigits digits = new SequenceDigits(SequenceNumber.of(0, 0, 0, 0));
    private boolean isFirstOfBatch;

    private RecordsWriter(ByteSink out) {
        this.out = out;
    }

    /**
     * Writes the list as a member of the structure that {@code out} is in.
     *
     * @throws IOException if the destination refuses
     */
    public static void write(AnswerWriter out, StoredRecords records) throws IOException {
        out.startList("Records");
        out.elements((encoding, sink) -> records.visit(writer(encoding, sink)));
        out.endList();
    }

    private static RecordsWriter writer(Encoding encoding, ByteSink sink) {
        return encoding == Encoding.JSON ? new InJson(sink) : new InCbor(sink);
    }

    @Override
    public final void batch(SequenceNumber first, long timeMillis, boolean isEncrypted) throws IOException {
        digits = new SequenceDigits(first);
        isFirstOfBatch = true;
        of(timeMillis, isEncrypted);
    }

    /** Notes what the records that follow have in common. */
    abstract void of(long timeMillis, boolean isEncrypted);

    final void writeNextNumber() throws IOException {
        if (!isFirstOfBatch) {
            digits.next();
        }
        isFirstOfBatch = false;
        int at = out.reserve(SequenceDigits.LENGTH);
        digits.copyTo(out.array(), at);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** As JSON text. */
    private static final class InJson extends RecordsWriter {
        private static final byte[] NUMBER = utf8("{\"SequenceNumber\":\"");
        private static final byte[] KEY = utf8("\",\"PartitionKey\":\"");
        private static final byte[] END = utf8("\"}");
        private static final byte[] ENCRYPTED_END = utf8("\",\"EncryptionType\":\"KMS\"}");
        private static final byte[] HEX = utf8("0123456789abcdef");

        private final ByteSink out;
        private byte[] end = END;
        private byte[] timeAndData = {};
        private boolean isFirst = true;

        InJson(ByteSink out) {
            super(out);
            this.out = out;
        }

        @Override
        void of(long timeMillis, boolean isEncrypted) {
            end = isEncrypted ? ENCRYPTED_END : END;
            timeAndData =
                    utf8("\",\"ApproximateArrivalTimestamp\":" + AnswerWriter.seconds(timeMillis) + ",\"Data\":\"");
        }

        @Override
        public void record(ByteBuffer source, int key, int data, int dataEnd) throws IOException {
            if (!isFirst) {
                out.write(',');
            }
            isFirst = false;
            out.write(NUMBER);
            writeNextNumber();
            out.write(timeAndData);
            out.writeBase64(source, data, dataEnd);
            out.write(KEY);
            writeText(source, key, data);
            out.write(end);
        }

        /** Keys are UTF-8 as JSON is; quotes, backslashes and control characters alone are written otherwise. */
        private void writeText(ByteBuffer source, int from, int end) throws IOException {
            int begun = from;
            for (int at = from; at < end; at++) {
                byte next = source.get(at);
                if ((next >= 0 && next < ' ') || next == '"' || next == '\\') {
                    out.write(source, begun, at);
                    begun = at + 1;
                    out.write('\\');
                    if (next < ' ') {
                        out.writeNumber('u' << 16 | '0' << 8 | '0', 3);
                        out.write(HEX[next >> 4]);
                        out.write(HEX[next & 0xf]);
                    } else {
                        out.write(next);
                    }
                }
            }
            out.write(source, begun, end);
        }
    }

    /** As CBOR (RFC 8949), with lengths ahead of everything. */
    private static final class InCbor extends RecordsWriter {
        private static final int BYTES = 2 << 5;
        private static final int TEXT = 3 << 5;
        private static final int MAP = 5 << 5;
        private static final int TAG = 6 << 5;
        private static final int EPOCH_TIME = 1;

        private static final byte[] NUMBER = name(MAP | 4, "SequenceNumber");
        private static final byte[] NUMBER_OF_FIVE = name(MAP | 5, "SequenceNumber");
        private static final byte[] TIME = utf8("ApproximateArrivalTimestamp");
        private static final byte[] DATA = utf8("Data");
        private static final byte[] KEY = utf8("PartitionKey");

        private static final byte[] END = {};
        private static final byte[] ENCRYPTED_END = encryptedEnd();

        private final ByteSink out;
        private byte[] start = NUMBER;
        private byte[] end = END;
        private long timeMillis;

        InCbor(ByteSink out) {
            super(out);
            this.out = out;
        }

        @Override
        void of(long millis, boolean isEncrypted) {
            start = isEncrypted ? NUMBER_OF_FIVE : NUMBER;
            end = isEncrypted ? ENCRYPTED_END : END;
            timeMillis = millis;
        }

        @Override
        public void record(ByteBuffer source, int key, int data, int dataEnd) throws IOException {
            out.write(start);
            head(TEXT, SequenceDigits.LENGTH);
            writeNextNumber();
            head(TEXT, TIME.length);
            out.write(TIME);
            head(TAG, EPOCH_TIME);
            head(0, timeMillis);
            head(TEXT, DATA.length);
            out.write(DATA);
            head(BYTES, dataEnd - data);
            out.write(source, data, dataEnd);
            head(TEXT, KEY.length);
            out.write(KEY);
            head(TEXT, data - key);
            out.write(source, key, data);
            out.write(end);
        }

        private void head(int kind, long value) throws IOException {
            if (value < 24) {
                out.write(kind | (int) value);
            } else if (value < 1 << 8) {
                out.write(kind | 24);
                out.writeNumber(value, 1);
            } else if (value < 1 << 16) {
                out.write(kind | 25);
                out.writeNumber(value, 2);
            } else if (value < 1L << 32) {
                out.write(kind | 26);
                out.writeNumber(value, 4);
            } else {
                out.write(kind | 27);
                out.writeNumber(value, 8);
            }
        }

        private static byte[] encryptedEnd() {
            byte[] text = utf8("_EncryptionType_KMS");
            text[0] = (byte) (TEXT | "EncryptionType".length());
            text[text.length - 4] = (byte) (TEXT | "KMS".length());
            return text;
        }

        private static byte[] name(int head, String name) {
            byte[] text = utf8(name);
            byte[] bytes = new byte[text.length + 2];
            bytes[0] = (byte) head;
            bytes[1] = (byte) (TEXT | text.length);
            System.arraycopy(text, 0, bytes, 2, text.length);
            return bytes;
        }
    }
}
