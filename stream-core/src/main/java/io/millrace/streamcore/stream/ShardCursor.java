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
    /** Checks the parts. */
    public ShardCursor {
        requireNonNull(stream, "stream");
        requireNonNull(streamCreated, "streamCreated");
        requireNonNull(shard, "shard");
        requireNonNull(from, "from");
    }
}
