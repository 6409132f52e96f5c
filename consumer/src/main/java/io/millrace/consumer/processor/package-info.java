/**
 * The API that a user implements: a processor for each shard, the batches of records that it gets, and the shard that they come from.
 * Called on threads that may block, one call at a time for each shard. Start here:
 * {@link io.millrace.consumer.processor.RecordProcessor}.
 */
@NullMarked
package io.millrace.consumer.processor;

import org.jspecify.annotations.NullMarked;
