/**
 * Measures children in Python and Node.js: how many records they take, what each costs them and the daemon, how much memory many shards
 * need, and how long a shard stands still when its child is killed. Ours told by frames and by lines stand beside those of Amazon's
 * MultiLangDaemon. Start here: {@link io.millrace.benchmarks.multilang.MultilangBenchmark}.
 */
@NullMarked
package io.millrace.benchmarks.multilang;

import org.jspecify.annotations.NullMarked;
