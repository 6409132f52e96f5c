/**
 * Our producer measured beside the Kinesis Producer Library, on one server: how fast it stores, what that costs, and how long a
 * record takes. Each is a process of its own that does what it is told on its standard input. Start here: {@link
 * io.millrace.benchmarks.producer.ProducerBenchmark}.
 */
@NullMarked
package io.millrace.benchmarks.producer;

import org.jspecify.annotations.NullMarked;
