package io.millrace.consumer.shard;

import io.millrace.checkpoint.ShardCheckpoints;
import io.millrace.consumer.watch.FailureLog;
import io.millrace.lease.HeldLease;

/** The parts that the lanes of one shard share. */
record LaneWiring(
        HeldLease lease,
        ConsumerParts parts,
        ShardCheckpoints checkpoints,
        ShardStatus status,
        FailureLog log,
        LaneHost host) {}
