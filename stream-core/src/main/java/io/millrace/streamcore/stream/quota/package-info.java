/**
 * How often and how much: the service's limits on shards, pipes and calls, as token buckets over a ticker's nanoseconds.
 * Everything here is safe for any thread, takes no lock and never waits; who is refused decides what to do about it.
 * Start here: {@link io.millrace.streamcore.stream.quota.Quotas}, which says what holds for a stream right now.
 */
@NullMarked
package io.millrace.streamcore.stream.quota;

import org.jspecify.annotations.NullMarked;
