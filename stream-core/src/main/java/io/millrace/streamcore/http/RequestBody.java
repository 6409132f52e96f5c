package io.millrace.streamcore.http;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Collects the pieces of one request body after the other in an array that grows with what really arrived, so that a
 * large announced length costs nothing. Belongs to its channel's event loop.
 */
final class RequestBody {
    /** An array up to this size is kept for the next request. */
    private static final int KEPT = 64 << 10;

    private static final int FIRST = 1 << 10;

    private final int limit;
    private byte[] bytes = new byte[0];
    private int size;
    private @Nullable ByteBuffer packed;

    RequestBody(int limit) {
        this.limit = limit;
    }

    /** Adds a piece; false when the body is now beyond the limit. */
    boolean add(ByteBuf piece) {
        int length = piece.readableBytes();
        if (length > limit - size) {
            return false;
        }
        ensure(size + length);
        piece.readBytes(bytes, size, length);
        size += length;
        return true;
    }

    /** The body; valid until the next one begins. */
    ByteBuffer content() {
        return ByteBuffer.wrap(bytes, 0, size);
    }

    /** The body as it was sent; the same unless it was unpacked, and valid as long. */
    ByteBuffer sent() {
        return packed == null ? content() : packed;
    }

    /**
     * Unpacks the body, which was sent packed by gzip.
     *
     * @return false when it is beyond the limit
     * @throws IOException if it is no gzip
     */
    boolean unpack() throws IOException {
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes, 0, size))) {
            byte[] unpacked = in.readNBytes(limit + 1);
            packed = content();
            bytes = unpacked;
            size = unpacked.length;
            return size <= limit;
        }
    }

    /** Makes room for the next body. */
    void clear() {
        size = 0;
        packed = null;
        if (bytes.length > KEPT) {
            bytes = new byte[0];
        }
    }

    private void ensure(int wanted) {
        if (wanted > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(wanted, Math.max(FIRST, Math.min(limit, bytes.length * 2))));
        }
    }
}
