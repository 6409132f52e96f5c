/**
 * The worker: leases shards, reads them, and hands their records to the user's processors, so that every record is
 * processed at least once and in order per key. Everything mutable belongs to the worker's one event loop; user code runs
 * on threads of its own and may block. Start here: {@link io.millrace.consumer.Worker} and
 * {@code processor.RecordProcessor}.
 */
@NullMarked
package io.millrace.consumer;

import org.jspecify.annotations.NullMarked;
