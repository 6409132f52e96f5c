/**
 * Who consumes what. Workers share the shards of their streams through the rows of one table: each proves that it lives
 * by its own heartbeat, one of them leads and plans, and every ownership of a lease has an epoch that fences the one
 * before. Every decision is a pure function of a snapshot; everything mutable belongs to the coordinator's event loop.
 *
 * <p>Start here: {@link io.millrace.lease.HeldLease} and {@link io.millrace.lease.LeaseListener} for what a consumer
 * sees; {@code table} keeps the rows, {@code decide} decides, {@code coordinator} acts.
 */
@NullMarked
package io.millrace.lease;

import org.jspecify.annotations.NullMarked;
