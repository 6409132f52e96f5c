/**
 * Streams and their shards: what exists, where a record goes, and where a reader stands. Knows the rules of the service
 * (names, hash keys, resharding, sequence numbers, states) but nothing of HTTP, and keeps everything durable through the
 * two storage interfaces of {@code log}. Start here: {@link io.millrace.streamcore.stream.Streams}.
 */
@NullMarked
package io.millrace.streamcore.stream;

import org.jspecify.annotations.NullMarked;
