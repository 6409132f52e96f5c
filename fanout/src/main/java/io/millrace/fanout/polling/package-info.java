/**
 * Reads shards by polling: each source asks for records again and again, as fast as allowed while there are some, and all
 * sources of a worker hold no more than one budget of bytes. Everything here belongs to the event loop that the sources were
 * made for. Start here: {@code PollingSources} over {@code KinesisStreams}, or over {@code InMemoryStream}, its twin without a
 * server.
 */
@NullMarked
package io.millrace.fanout.polling;

import org.jspecify.annotations.NullMarked;
