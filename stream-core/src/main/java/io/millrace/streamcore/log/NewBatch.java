package io.millrace.streamcore.log;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;

/**
 * Records to append to one shard.
 *
 * @param shard the shard's number in its stream, not negative
 * @param count how many records there are, at least 1
 * @param payload the records, from position to limit; nobody may write to it again
 */
public record NewBatch(int shard, int count, ByteBuffer payload) {
    /** Checks the numbers. */
    public NewBatch {
        requireNonNull(payload, "payload");
        if (shard < 0) {
            throw new IllegalArgumentException("a shard's number is not negative: " + shard);
        }
        if (count < 1) {
            throw new IllegalArgumentException("a batch has at least one record, not " + count);
        }
    }
}
