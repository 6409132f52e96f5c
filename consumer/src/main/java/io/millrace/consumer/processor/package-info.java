/**
 * What a user writes, and what it is given: a processor for each shard, batches of records, and the place that they come from.
 * Called on threads that may block, one call at a time for each shard. Start here:
 * {@link io.millrace.consumer.processor.RecordProcessor}.
 */
@NullMarked
package io.millrace.consumer.processor;

import org.jspecify.annotations.NullMarked;
