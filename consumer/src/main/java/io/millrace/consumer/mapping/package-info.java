/**
 * Functions in the manner of AWS Lambda, and the options of its event source mappings for streams by their names, ranges and defaults.
 * {@link io.millrace.consumer.mapping.EventSourceMapping} maps them on the lanes, batches and failure policies of a worker; what those
 * do not know, partial answers and tumbling windows, is done here around a {@link io.millrace.consumer.mapping.BatchFunction}.
 */
@NullMarked
package io.millrace.consumer.mapping;

import org.jspecify.annotations.NullMarked;
