/**
 * The operations about registered consumers, who read shards through pipes of their own. Everything is safe for any
 * thread; the rules stand in {@link io.millrace.streamcore.stream.Consumers}. Start here:
 * {@link io.millrace.streamcore.api.consumer.ConsumerOperations}.
 */
@NullMarked
package io.millrace.streamcore.api.consumer;

import org.jspecify.annotations.NullMarked;
