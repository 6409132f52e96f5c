package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.time.Instant;

/**
 * An exact place to read on from.
 *
 * @param stream the stream
 * @param streamCreated tells the stream from a later one of the same name
 * @param shard the shard
 * @param from the boundary
 * @param inclusive true when the record of number {@code from} itself is still to be read
 */
public record ShardCursor(
        StreamName stream, Instant streamCreated, ShardId shard, SequenceNumber from, boolean inclusive) {
    private static final long LAST_SECOND = (1L << 36) - 1;

    /** Checks the parts. */
    public ShardCursor {
        requireNonNull(stream, "stream");
        requireNonNull(streamCreated, "streamCreated");
        requireNonNull(shard, "shard");
        requireNonNull(from, "from");
    }

    /**
     * A number that means this place both as an AT_ and as an AFTER_SEQUENCE_NUMBER position: above what lies before the
     * place, and below the next record. It is the number of the last record but for its second, which counts less than the
     * index in the order of numbers.
     */
    public SequenceNumber continuation() {
        if (inclusive) {
            return from;
        }
        SequenceNumber.Parts parts = from.parts();
        return parts.index() == 0 || parts.recordSeconds() >= LAST_SECOND
                ? from
                : SequenceNumber.of(
                        parts.createdSeconds(), parts.shardIndex(), parts.index(), parts.recordSeconds() + 1);
    }
}
