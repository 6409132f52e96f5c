/**
 * The format in which the Kinesis Producer Library packs many user records into one stored record. {@link
 * io.millrace.model.aggregate.Aggregates} takes them apart: pure functions that sources call on what a read or a pipe has brought,
 * before it comes to the worker's loop. {@link io.millrace.model.aggregate.AggregateWriter} puts them together, for producers.
 */
@NullMarked
package io.millrace.model.aggregate;

import org.jspecify.annotations.NullMarked;
