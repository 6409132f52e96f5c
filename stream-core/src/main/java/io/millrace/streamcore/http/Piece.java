package io.millrace.streamcore.http;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A piece of a pushed body in the memory that sockets are written from, made once for all bodies of an event loop that get
 * it. Large pieces are cut into parts, so that it shows when a slow client takes some of them. Belongs to its event loop.
 */
final class Piece {
    private static final int PART = 64 << 10;
    private static final String LINE_END = "\r\n";

    private final ByteBuffer bytes;
    private final ByteBufAllocator allocator;
    private @Nullable List<ByteBuf> chunks;
    private @Nullable List<ByteBuf> plain;

    Piece(ByteBuffer bytes, ByteBufAllocator allocator) {
        this.bytes = requireNonNull(bytes, "bytes");
        this.allocator = requireNonNull(allocator, "allocator");
    }

    /** Whether it was made of this very buffer. */
    @SuppressWarnings("ReferenceEquality") // comparing bytes would cost what sharing saves
    boolean isOf(ByteBuffer other) {
        return bytes == other;
    }

    /** Its parts, each a whole chunk of HTTP/1.1's chunked coding; whoever writes one retains a view of it. */
    List<ByteBuf> chunks() {
        List<ByteBuf> known = chunks;
        if (known == null) {
            known = parts(true);
            chunks = known;
        }
        return known;
    }

    /** Its parts as they are; whoever writes one retains a view of it. */
    List<ByteBuf> plain() {
        List<ByteBuf> known = plain;
        if (known == null) {
            known = parts(false);
            plain = known;
        }
        return known;
    }

    /** To be called when it is written to all its bodies. */
    void release() {
        releaseAll(chunks);
        releaseAll(plain);
    }

    private List<ByteBuf> parts(boolean isChunked) {
        ByteBuf all = Unpooled.wrappedBuffer(bytes);
        List<ByteBuf> parts = new ArrayList<>(1 + all.readableBytes() / PART);
        while (all.isReadable()) {
            int size = Math.min(PART, all.readableBytes());
            String head = isChunked ? Integer.toHexString(size) + LINE_END : "";
            String tail = isChunked ? LINE_END : "";
            int room = head.length() + size + tail.length();
            // Not a byte more: who gathers small buffers into larger ones would write into what all share.
            ByteBuf part = allocator.ioBuffer(room, room);
            part.writeCharSequence(head, StandardCharsets.US_ASCII);
            part.writeBytes(all, size);
            part.writeCharSequence(tail, StandardCharsets.US_ASCII);
            parts.add(part);
        }
        return parts;
    }

    private static void releaseAll(@Nullable List<ByteBuf> parts) {
        if (parts != null) {
            parts.forEach(ByteBuf::release);
        }
    }
}
