/**
 * Programs written with the Kinesis Client Library as its users write them, and with the synchronous client of the SDK that
 * the library brings; the system tests run each as a process of its own and read what it prints, one JSON object a line. The
 * library calls a processor from a thread of its choice, one at a time for each shard. Start here:
 * {@code KclConsumer}.
 */
@NullMarked
package io.millrace.clients.kcl;

import org.jspecify.annotations.NullMarked;
