package io.millrace.streamcore.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Collects the body of an answer in pieces of a size that the allocator pools: a body that grows is never copied, and a
 * large one takes no memory that must be fetched from the system. Belongs to its channel's event loop.
 */
final class AnswerBuffer extends OutputStream {
    private static final int FIRST = 512;
    private static final int PIECE = 64 << 10;
    private static final int MAX_PIECES = Integer.MAX_VALUE;

    private final ByteBufAllocator allocator;
    private ByteBuf last;
    private @Nullable CompositeByteBuf all;

    AnswerBuffer(ByteBufAllocator allocator) {
        this.allocator = allocator;
        this.last = allocator.ioBuffer(FIRST, PIECE);
    }

    @Override
    public void write(int value) {
        if (last.maxWritableBytes() == 0) {
            addPiece();
        }
        last.writeByte(value);
    }

    @Override
    public void write(byte[] source, int offset, int length) {
        int at = offset;
        int end = offset + length;
        while (at < end) {
            if (last.maxWritableBytes() == 0) {
                addPiece();
            }
            int piece = Math.min(end - at, last.maxWritableBytes());
            last.writeBytes(source, at, piece);
            at += piece;
        }
    }

    /** Everything written; the caller's to release. */
    ByteBuf content() {
        CompositeByteBuf pieces = all;
        return pieces == null ? last : pieces.addComponent(true, last);
    }

    /** Gives everything back. */
    void release() {
        last.release();
        if (all != null) {
            all.release();
        }
    }

    private void addPiece() {
        if (all == null) {
            all = allocator.compositeBuffer(MAX_PIECES);
        }
        all.addComponent(true, last);
        last = allocator.ioBuffer(PIECE, PIECE);
    }
}
