package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.model.Shard;
import io.millrace.model.StreamName;
import java.time.Instant;
import java.util.List;

/**
 * A stream at one moment.
 *
 * @param name its name
 * @param arn its ARN
 * @param status where it is in its life
 * @param created when it was made, to the millisecond
 * @param options what is set about it
 * @param shardStates all shards that are still listed, open and closed, in the order of their ids; none while CREATING
 */
public record StreamState(
        StreamName name,
        String arn,
        Status status,
        Instant created,
        StreamOptions options,
        List<ShardState> shardStates) {
    /** Where a stream is in its life; the names are the API's. */
    public enum Status {
        /** Made, not usable yet. */
        CREATING,
        /** In use. */
        ACTIVE,
        /** In use while its shards change. */
        UPDATING,
        /** Going away. */
        DELETING
    }

    /** Checks the parts and copies the list. */
    public StreamState {
        requireNonNull(name, "name");
        requireNonNull(arn, "arn");
        requireNonNull(status, "status");
        requireNonNull(created, "created");
        requireNonNull(options, "options");
        shardStates = List.copyOf(shardStates);
    }

    /** The shards alone. */
    public List<Shard> shards() {
        return shardStates.stream().map(ShardState::shard).toList();
    }

    /** How many shards are open. */
    public int openShards() {
        return (int)
                shardStates.stream().filter(state -> state.shard().isOpen()).count();
    }

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
}
