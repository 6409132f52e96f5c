package io.millrace.consumer;

import io.millrace.fanout.ShardReaders;
import io.millrace.fanout.pipe.ShardPipes;
import io.millrace.lease.ShardDirectory;
import io.millrace.lease.table.LeaseTable;
import org.jspecify.annotations.Nullable;

/**
 * The services that a worker works with: real ones, or their twins in memory.
 *
 * @param pipesOrNull subscribe to shards; absent where the worker only polls
 */
record WorkerBackend(
        LeaseTable table,
        ShardDirectory directory,
        ShardReaders readers,
        @Nullable ShardPipes pipesOrNull) {}
