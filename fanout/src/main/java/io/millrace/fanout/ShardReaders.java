package io.millrace.fanout;

import io.millrace.model.ShardId;
import io.millrace.model.StreamName;

/** Makes readers of shards. Safe for any thread. */
@FunctionalInterface
public interface ShardReaders {
    /** A reader of this shard; makes no call. */
    ShardReader reader(StreamName stream, ShardId shard);
}
