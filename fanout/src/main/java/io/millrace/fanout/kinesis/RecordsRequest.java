package io.millrace.fanout.kinesis;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Writes the CBOR body of a GetRecords request (GetRecords, Kinesis API; RFC 8949). Pure functions. */
final class RecordsRequest {
    private static final int POSITIVE = 0x00;
    private static final int TEXT = 0x60;
    private static final int MAP = 0xa0;

    private RecordsRequest() {}

    static byte[] body(String iterator, int limit, @Nullable String streamArn) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(64 + iterator.length());
        out.write(MAP | (streamArn == null ? 2 : 3));
        text(out, "ShardIterator");
        text(out, iterator);
        text(out, "Limit");
        head(out, POSITIVE, limit);
        if (streamArn != null) {
            text(out, "StreamARN");
            text(out, streamArn);
        }
        return out.toByteArray();
    }

    private static void text(ByteArrayOutputStream out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        head(out, TEXT, bytes.length);
        out.writeBytes(bytes);
    }

    private static void head(ByteArrayOutputStream out, int kind, int count) {
        if (count < 24) {
            out.write(kind | count);
        } else if (count < 1 << 8) {
            out.write(kind | 24);
            out.write(count);
        } else if (count < 1 << 16) {
            out.write(kind | 25);
            out.write(count >>> 8);
            out.write(count);
        } else {
            out.write(kind | 26);
            out.write(count >>> 24);
            out.write(count >>> 16);
            out.write(count >>> 8);
            out.write(count);
        }
    }
}
