/**
 * The nouns of sharded streams as immutable, validated values: records, sequence numbers, shards, hash keys and
 * positions. Nothing here reads a clock, makes a thread or talks to anyone, so every type is safe to share between
 * threads. Start here: {@link io.millrace.model.StreamRecord} for what flows, {@link io.millrace.model.Shard} for where
 * it flows, {@link io.millrace.model.Checkpoint} for how far it has been processed.
 */
@NullMarked
package io.millrace.model;

import org.jspecify.annotations.NullMarked;
