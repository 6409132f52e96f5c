package io.millrace.streamcore.http;

import static java.util.Objects.requireNonNull;

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
 * large announced length costs nothing. Takes the memory before it is used, and gives it back once. Belongs to its
 * channel's event loop.
 */
final class RequestBody {
    /** An array up to this size is kept for the next request, at the connection's expense. */
    private static final int KEPT = 4 << 10;

    private static final int FIRST = 1 << 10;
    private static final byte[] NONE = new byte[0];

    private final int limit;
    private final RequestMemory.Share memory;
    private byte[] bytes = NONE;
    private int size;
    private @Nullable ByteBuffer packed;
    /** The length of the array that holds what was sent, once that was unpacked into another. */
    private int packedLength;

    /** The array need not be longer than that, though it may have to. */
    private int longest;

    private long taken;

    RequestBody(int limit, RequestMemory.Share memory) {
        this.limit = limit;
        this.longest = limit;
        this.memory = requireNonNull(memory, "memory");
    }

    /** A body begins, whose length is announced; 0 if it is not. */
    void begin(long announced) {
        longest = announced > 0 ? (int) Math.min(limit, announced) : limit;
    }

    /** Adds a piece, unless that is said to be impossible. */
    Outcome add(ByteBuf piece) {
        int length = piece.readableBytes();
        if (length > limit - size) {
            return Outcome.TOO_LARGE;
        }
        if (!ensure(size + length)) {
            return Outcome.NO_MEMORY;
        }
        piece.readBytes(bytes, size, length);
        size += length;
        return Outcome.DONE;
    }

    /** How many bytes there are. */
    int size() {
        return size;
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
     * @throws IOException if it is no gzip; the body is then as it was
     */
    Outcome unpack() throws IOException {
        ByteBuffer sent = content();
        byte[] before = bytes;
        long takenBefore = taken;
        Outcome outcome = Outcome.NO_MEMORY;
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes, 0, size))) {
            bytes = NONE;
            size = 0;
            packedLength = before.length;
            // One more shows that it is too large.
            longest = limit + 1;
            outcome = readAll(in);
        } finally {
            if (outcome == Outcome.DONE) {
                packed = sent;
            } else {
                memory.give(taken - takenBefore);
                taken = takenBefore;
                packedLength = 0;
                bytes = before;
                size = sent.limit();
            }
        }
        return outcome;
    }

    private Outcome readAll(InputStream in) throws IOException {
        while (true) {
            if (size == bytes.length && !ensure(size + 1)) {
                return Outcome.NO_MEMORY;
            }
            int read = in.read(bytes, size, bytes.length - size);
            if (read < 0) {
                return Outcome.DONE;
            }
            size += read;
            if (size > limit) {
                return Outcome.TOO_LARGE;
            }
        }
    }

    /** Lets go of the bytes; they count until {@link #giveBack}. */
    void free() {
        size = 0;
        packed = null;
        packedLength = 0;
        if (bytes.length > KEPT) {
            bytes = NONE;
        }
    }

    /** Gives back all that was taken. */
    void giveBack() {
        memory.give(taken);
        taken = 0;
    }

    /** Takes what it will use before it uses it: of an array that is kept from the last request, too. */
    private boolean ensure(int wanted) {
        int length = bytes.length;
        if (wanted > length) {
            length = (int) Math.max(wanted, Math.max(FIRST, Math.min(longest, length * 2L)));
        }
        long more = packedLength + length - taken;
        if (more > 0) {
            if (!memory.take(more)) {
                return false;
            }
            taken += more;
        }
        if (length > bytes.length) {
            bytes = Arrays.copyOf(bytes, length);
        }
        return true;
    }

    /** The outcome of an attempt to add to it. */
    enum Outcome {
        /** It worked. */
        DONE,
        /** A body that large is not taken. */
        TOO_LARGE,
        /** There is no memory for it now. */
        NO_MEMORY
    }
}
