package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.model.Shard;

/**
 * A shard with its times. Its records were put from {@code openedMillis} to {@code closedMillis}, both included; a child
 * opens at the moment in which its parents close.
 *
 * @param shard the shard
 * @param openedMillis when it was opened, in ms since the epoch
 * @param closedMillis when it was closed, {@link #STILL_OPEN} if it was not
 */
public record ShardState(Shard shard, long openedMillis, long closedMillis) {
    /** The closing time of an open shard: later than all moments. */
    public static final long STILL_OPEN = Long.MAX_VALUE;

    /** Checks the part. */
    public ShardState {
        requireNonNull(shard, "shard");
    }
}
