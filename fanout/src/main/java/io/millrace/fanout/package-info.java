/**
 * How records arrive: one source per shard gives batches on demand, in order, from a position to the shard's end. Sources
 * are asynchronous and belong to the one event loop they were opened on; no thread belongs to a shard. Start here:
 * {@link io.millrace.fanout.RecordSource}, made by {@code polling.PollingSources} over
 * {@link io.millrace.fanout.kinesis.KinesisStreams}, or by {@code pipe.PipeSources}.
 */
@NullMarked
package io.millrace.fanout;

import org.jspecify.annotations.NullMarked;
