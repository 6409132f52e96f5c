/**
 * A child process of a daemon, one for each shard: its start, its life as a state machine, and its end, which takes no longer than
 * it may. {@link io.millrace.multilang.child.Child} belongs to the loop of {@link io.millrace.multilang.child.Children}, which waits
 * for no child; threads that stand in reads and writes of pipes bring whole messages to it. Start here:
 * {@link io.millrace.multilang.child.Children}.
 */
@NullMarked
package io.millrace.multilang.child;

import org.jspecify.annotations.NullMarked;
