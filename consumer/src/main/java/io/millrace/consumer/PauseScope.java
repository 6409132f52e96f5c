package io.millrace.consumer;

import io.millrace.lease.LeaseKey;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;

/** The shards that a pause is about. */
sealed interface PauseScope {
    /** True if {@code shard} is one of them. */
    boolean covers(LeaseKey shard);

    /** All shards of the worker, those it takes later included. */
    record All() implements PauseScope {
        @Override
        public boolean covers(LeaseKey shard) {
            return true;
        }
    }

    /** All shards of a stream. */
    record OfStream(StreamName stream) implements PauseScope {
        @Override
        public boolean covers(LeaseKey shard) {
            return shard.stream().equals(stream);
        }
    }

    /** One shard. */
    record OfShard(StreamName stream, ShardId shard) implements PauseScope {
        @Override
        public boolean covers(LeaseKey other) {
            return other.stream().equals(stream) && other.shard().equals(shard);
        }
    }
}
