/**
 * Measures the server beside its peers: one load generator, each server a process of its own, cost per second of that
 * process's CPU. Each connection has a thread of its own; nothing here is used by the product. Start here:
 * {@link io.millrace.benchmarks.Benchmark}.
 */
@NullMarked
package io.millrace.benchmarks;

import org.jspecify.annotations.NullMarked;
