/**
 * Durable bytes: an ordered log for each shard of a stream, and a small store of catalog keys. Knows batches, files and
 * fsync, and nothing of streams' rules, hash keys or JSON; every mutable part belongs to one writer loop, and readers of
 * any thread see only what was published to them. Start here: {@link io.millrace.streamcore.log.ShardLog} and
 * {@link io.millrace.streamcore.log.MetaStore} for the contract, {@link io.millrace.streamcore.log.DiskLogEngine} for the
 * engine that keeps both in local files.
 */
@NullMarked
package io.millrace.streamcore.log;

import org.jspecify.annotations.NullMarked;
