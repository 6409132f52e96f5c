/**
 * How many shards a stream should have and how to get there: pure functions over hash key ranges and measured load, and the
 * counters that measure it. The functions are stateless; the counters are safe for any thread. Start here:
 * {@link io.millrace.streamcore.stream.scale.EvenScaling} for UpdateShardCount,
 * {@link io.millrace.streamcore.stream.scale.LoadScaling} and {@link io.millrace.streamcore.stream.scale.Shrinking} for
 * on-demand streams.
 */
@NullMarked
package io.millrace.streamcore.stream.scale;

import org.jspecify.annotations.NullMarked;
