/**
 * How far a consumer got: which records were delivered, which of them are processed, and what of that is in the lease
 * table. The state is a pure ledger; its driver belongs to the worker's event loop and writes through the lease, which
 * fences it. Start here: {@link io.millrace.checkpoint.Checkpointer} for users,
 * {@link io.millrace.checkpoint.ShardCheckpoints} for the worker.
 */
@NullMarked
package io.millrace.checkpoint;

import org.jspecify.annotations.NullMarked;
