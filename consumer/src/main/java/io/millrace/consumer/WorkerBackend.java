package io.millrace.consumer;

import io.millrace.fanout.ShardReaders;
import io.millrace.lease.ShardDirectory;
import io.millrace.lease.table.LeaseTable;

/** The services that a worker works with: real ones, or their twins in memory. */
record WorkerBackend(LeaseTable table, ShardDirectory directory, ShardReaders readers) {}
