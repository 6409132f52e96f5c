/**
 * What commands do with a stream through the Kinesis API: change it, put lines into it in order, read all of it. Blocking
 * parts are for the one thread that uses them; {@link io.millrace.cli.streams.StreamTail} belongs to an event loop. Start
 * here: {@link io.millrace.cli.streams.StreamAdmin}, {@link io.millrace.cli.streams.BatchWriter}.
 */
@NullMarked
package io.millrace.cli.streams;

import org.jspecify.annotations.NullMarked;
