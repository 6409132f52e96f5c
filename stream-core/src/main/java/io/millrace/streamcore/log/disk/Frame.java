package io.millrace.streamcore.log.disk;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One checksummed entry of a file. In the file it is a header of {@value #HEADER_BYTES} bytes, big endian, the payload,
 * and with {@link FrameKind#BATCHES} a body, for which the payload speaks (see {@link BatchTable}):
 *
 * <pre>
 *  0 magic and version  4 length of payload and body  8 payload CRC32C  12 shard  16 first index  24 time  32 count
 * 36 kind  40 up to where the file was durable when this was written  44 CRC32C of the file's salt and the header so far
 * </pre>
 *
 * @param kind what it holds
 * @param shard the shard, -1 where there is none
 * @param firstIndex the first record's index, or the number of a catalog change
 * @param timeMillis when it was written, in ms since the epoch
 * @param count how many records, batches or parts
 * @param payloadCrc the payload's CRC32C
 * @param payload from position to limit
 * @param body from position to limit
 */
record Frame(
        FrameKind kind,
        int shard,
        long firstIndex,
        long timeMillis,
        int count,
        int payloadCrc,
        ByteBuffer payload,
        ByteBuffer body) {
    static final int HEADER_BYTES = 48;
    /** "MLF" and the version of the format. */
    static final int MAGIC = 0x4d4c4601;

    static final int MAX_PAYLOAD = 1 << 28;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

    Frame {
        requireNonNull(kind, "kind");
        requireNonNull(payload, "payload");
        requireNonNull(body, "body");
        if ((long) payload.remaining() + body.remaining() > MAX_PAYLOAD) {
            throw new IllegalArgumentException("a frame has at most " + MAX_PAYLOAD + " bytes, not "
                    + payload.remaining() + " and " + body.remaining());
        }
    }

    /** A frame that computes its payload's checksum. */
    static Frame of(FrameKind kind, int shard, long firstIndex, long timeMillis, int count, ByteBuffer payload) {
        return new Frame(kind, shard, firstIndex, timeMillis, count, crc(payload), payload, NOTHING);
    }

    /** A frame without payload. */
    static Frame mark(FrameKind kind, int shard, long firstIndex, long timeMillis) {
        return of(kind, shard, firstIndex, timeMillis, 0, NOTHING);
    }

    /** The same with a body. */
    Frame withBody(ByteBuffer bytes) {
        return new Frame(kind, shard, firstIndex, timeMillis, count, payloadCrc, payload, bytes);
    }

    int size() {
        return HEADER_BYTES + payload.remaining() + body.remaining();
    }

    /** Writes the header at the buffer's position. */
    void putHeader(ByteBuffer target, long salt, int durableTo) {
        int start = target.position();
        target.putInt(MAGIC)
                .putInt(payload.remaining() + body.remaining())
                .putInt(payloadCrc)
                .putInt(shard)
                .putLong(firstIndex)
                .putLong(timeMillis)
                .putInt(count)
                .putInt(kind.code())
                .putInt(durableTo);
        target.putInt(headerCrc(target, start, salt));
    }

    /** True when a whole header stands at {@code at}; of a frame of any kind, also one that {@link #kind} does not know. */
    static boolean isHeader(ByteBuffer source, int at, long salt) {
        return source.getInt(at) == MAGIC
                && source.getInt(at + 44) == headerCrc(source, at, salt)
                && source.getInt(at + 4) >= 0
                && source.getInt(at + 4) <= MAX_PAYLOAD
                && payloadLength(source, at) >= 0
                && payloadLength(source, at) <= source.getInt(at + 4);
    }

    /** How many bytes follow the header at {@code at}. */
    static int length(ByteBuffer source, int at) {
        return source.getInt(at + 4);
    }

    /** How many of them are the payload; the rest is the body. */
    private static long payloadLength(ByteBuffer source, int at) {
        boolean hasBody = source.getInt(at + 36) == FrameKind.BATCHES.code();
        return hasBody ? (long) source.getInt(at + 32) * BatchTable.ROW_BYTES : source.getInt(at + 4);
    }

    /** What the frame of the header at {@code at} holds; null for a kind that came with a newer version. */
    static @Nullable FrameKind kind(ByteBuffer source, int at) {
        return FrameKind.ofCode(source.getInt(at + 36));
    }

    /** Up to where the file was durable when the frame at {@code at} was written. */
    static int durableTo(ByteBuffer source, int at) {
        return source.getInt(at + 40);
    }

    /** The frame of a header of a known kind and the bytes after it, which are not checked yet. */
    static Frame parse(ByteBuffer source, int at) {
        int payloadLength = (int) payloadLength(source, at);
        int bodyAt = at + HEADER_BYTES + payloadLength;
        return new Frame(
                requireNonNull(kind(source, at), "kind"),
                source.getInt(at + 12),
                source.getLong(at + 16),
                source.getLong(at + 24),
                source.getInt(at + 32),
                source.getInt(at + 8),
                source.slice(at + HEADER_BYTES, payloadLength),
                source.slice(bodyAt, length(source, at) - payloadLength));
    }

    /** True when payload and body are what was written. */
    boolean isWhole() {
        return crc(payload) == payloadCrc && (kind != FrameKind.BATCHES || BatchTable.isWhole(payload, body));
    }

    static int crc(ByteBuffer payload) {
        CRC32C crc = new CRC32C();
        crc.update(payload.duplicate());
        return (int) crc.getValue();
    }

    private static int headerCrc(ByteBuffer buffer, int start, long salt) {
        CRC32C crc = new CRC32C();
        for (int shift = 56; shift >= 0; shift -= 8) {
            crc.update((int) (salt >>> shift) & 0xff);
        }
        crc.update(buffer.duplicate().position(start).limit(start + 44));
        return (int) crc.getValue();
    }
}
