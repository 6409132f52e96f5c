/**
 * The deciding part of lease coordination: who lives, who leads, who shall own what, what may be taken, which leases are
 * missing. Pure functions of snapshots and ticks, without clocks, tables or threads; what keeps state belongs to the
 * caller's event loop. Start here: {@code Planner}.
 */
@NullMarked
package io.millrace.lease.decide;

import org.jspecify.annotations.NullMarked;
