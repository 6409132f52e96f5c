/**
 * A record processor whose work is done by a child process: one child for each shard, told what the worker tells, in the order in
 * which Amazon's daemon tells it. Uses the public API of the consumer alone. Start here:
 * {@link io.millrace.multilang.processor.ChildProcessors}.
 */
@NullMarked
package io.millrace.multilang.processor;

import org.jspecify.annotations.NullMarked;
