/**
 * Measures delivery: one worker process reads a stream beside a process of the Kinesis Client Library, on the same server and
 * table in one run, so that CPU time, latency and memory compare. Each reader keeps a {@link io.millrace.benchmarks.delivery.Tally}
 * that the benchmark questions over its standard input. Start here: {@link io.millrace.benchmarks.delivery.DeliveryBenchmark}.
 */
@NullMarked
package io.millrace.benchmarks.delivery;

import org.jspecify.annotations.NullMarked;
