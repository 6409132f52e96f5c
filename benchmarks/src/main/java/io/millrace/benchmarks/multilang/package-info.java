/**
 * Measures children in Python and Node.js: how many records they take, what each costs them and the daemon, and how much memory many
 * shards need, by frames and by lines. The children are real processes of our packages, told by the code of the daemon; there is no
 * server. Start here: {@link io.millrace.benchmarks.multilang.MultilangBenchmark}.
 */
@NullMarked
package io.millrace.benchmarks.multilang;

import org.jspecify.annotations.NullMarked;
