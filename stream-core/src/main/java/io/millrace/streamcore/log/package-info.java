/**
 * Durable bytes: an ordered log for each shard of a stream, and a small store of catalog keys. Knows batches and nothing of
 * streams' rules, hash keys or JSON; all of it is safe for any thread and nothing blocks. Start here:
 * {@link io.millrace.streamcore.log.ShardLog} and {@link io.millrace.streamcore.log.MetaStore}; the engine that keeps both
 * in local files is in {@code disk} below.
 */
@NullMarked
package io.millrace.streamcore.log;

import org.jspecify.annotations.NullMarked;
