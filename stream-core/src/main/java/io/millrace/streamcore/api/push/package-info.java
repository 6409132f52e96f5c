/**
 * SubscribeToShard: records are pushed to registered consumers as frames of an event stream, encoded once for all who read
 * at the same place. The subscriptions and the feed of a shard belong to one of several event loops; frames are immutable and go to any
 * thread. Start here: {@link io.millrace.streamcore.api.push.PushOperations}, then {@code Subscription}.
 */
@NullMarked
package io.millrace.streamcore.api.push;

import org.jspecify.annotations.NullMarked;
