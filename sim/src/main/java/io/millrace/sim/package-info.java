/**
 * The simulation kit: a {@link io.millrace.runtime.Platform} whose time is virtual, whose threads are one thread and
 * whose order of events comes from a seed, so that a run replays exactly. Nothing happens but inside
 * {@link io.millrace.sim.Simulation#runUntil} and its siblings, on the calling thread. Start here:
 * {@link io.millrace.sim.Simulation}.
 */
@NullMarked
package io.millrace.sim;

import org.jspecify.annotations.NullMarked;
