package io.millrace.streamcore.stream.account;

import io.millrace.model.Bytes;
import java.nio.ByteBuffer;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The bytes of the billing commitment in the catalog: a version, then two moments in ms since the epoch, or 0. */
public final class CommitmentCodec {
    private static final byte VERSION = 1;
    private static final int SIZE = 1 + 2 * Long.BYTES;

    private CommitmentCodec() {}

    /** The bytes of a commitment. */
    public static Bytes encode(BillingCommitment commitment) {
        return Bytes.wrap(ByteBuffer.allocate(SIZE)
                .put(VERSION)
                .putLong(millis(commitment.startedOrNull()))
                .putLong(millis(commitment.endsOrNull()))
                .array());
    }

    /**
     * The commitment of these bytes.
     *
     * @throws IllegalArgumentException if they are not of one
     */
    public static BillingCommitment decode(Bytes bytes) {
        ByteBuffer source = bytes.asByteBuffer();
        if (source.remaining() != SIZE || source.get() != VERSION) {
            throw new IllegalArgumentException("a billing commitment of another version");
        }
        return new BillingCommitment(instant(source.getLong()), instant(source.getLong()));
    }

    private static long millis(@Nullable Instant moment) {
        return moment == null ? 0 : moment.toEpochMilli();
    }

    private static @Nullable Instant instant(long millis) {
        return millis == 0 ? null : Instant.ofEpochMilli(millis);
    }
}
