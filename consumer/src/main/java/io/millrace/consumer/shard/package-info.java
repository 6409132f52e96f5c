/**
 * How one shard is consumed while its lease is held: a state machine that fetches batches, has the user's code called, saves
 * checkpoints and leaves in order; beside it what supervises it, what its user's code runs on and what it shows of itself. For
 * the worker, not for users. Everything belongs to the worker's one event loop unless it says otherwise. Start here:
 * {@link io.millrace.consumer.shard.SupervisedConsumer}, then {@link io.millrace.consumer.shard.ShardConsumer}.
 */
@NullMarked
package io.millrace.consumer.shard;

import org.jspecify.annotations.NullMarked;
