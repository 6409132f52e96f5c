/**
 * Measures lease coordination with real processes: a server with its tables, workers that are started, stopped and killed,
 * and a steady stream of records, so that what users wait for is what is timed. What a process tells arrives on threads of
 * its own in a concurrent {@code Journal}; each scenario belongs to the one thread that runs it. Start here:
 * {@link io.millrace.benchmarks.coordination.CoordinationBenchmark}.
 */
@NullMarked
package io.millrace.benchmarks.coordination;

import org.jspecify.annotations.NullMarked;
