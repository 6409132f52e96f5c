/**
 * A program written with the Kinesis Producer Library as its users write it; the system tests run it as a process of its
 * own. The library's own process, native code from its jar, makes the requests, and its answers come on a thread of the
 * library. Start here: {@code KplProducer}.
 */
@NullMarked
package io.millrace.clients.kpl;

import org.jspecify.annotations.NullMarked;
