/**
 * Reads shards by enhanced fan-out: each source holds one pipe, a SubscribeToShard subscription over HTTP/2, and polls the shard
 * while its pipe is not open. Events of a pipe come on threads of the SDK and go home to the source's event loop before
 * anything is looked at; a source belongs to that loop. Start here: {@code PipeSources} over {@code KinesisPipes}, or over
 * {@code InMemoryPipes}, their twin without a server.
 */
@NullMarked
package io.millrace.fanout.pipe;

import org.jspecify.annotations.NullMarked;
