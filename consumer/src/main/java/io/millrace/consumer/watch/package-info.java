/**
 * What keeps a shard from being processed, put into words: failures, their place in the user's code, lag, waits that take
 * too long. Nothing here decides what becomes of records. Start here: {@link io.millrace.consumer.watch.Oversight}.
 */
@NullMarked
package io.millrace.consumer.watch;

import org.jspecify.annotations.NullMarked;
