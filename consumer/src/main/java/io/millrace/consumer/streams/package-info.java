/**
 * The stream service as one worker sees it: each stream that the worker reads is watched, so that another one under the
 * same name is neither listed nor read. Safe for any thread; what is known of a stream belongs to the worker's event loop.
 * Start here: {@link io.millrace.consumer.streams.GuardedStreams}.
 */
@NullMarked
package io.millrace.consumer.streams;

import org.jspecify.annotations.NullMarked;
