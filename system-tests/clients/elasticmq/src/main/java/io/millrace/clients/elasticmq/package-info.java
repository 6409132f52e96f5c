/**
 * A queue server that speaks SQS, as its users start it within a program; the system tests run it as a process of its own. It
 * keeps queues in memory. Start here: {@code QueueServer}.
 */
@NullMarked
package io.millrace.clients.elasticmq;

import org.jspecify.annotations.NullMarked;
