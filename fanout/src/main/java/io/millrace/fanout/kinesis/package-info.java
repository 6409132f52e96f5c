/**
 * Streams of the Kinesis service, or of a server that speaks like it, as readers need them: what they are, which shards they have,
 * and their records page by page. {@code DirectKinesis} reads pages past the SDK's machinery for calls, with a decoder of its own
 * over an HTTP client and a signer of the SDK, which costs a fraction of the CPU time. Start here: {@code KinesisStreams}.
 */
@NullMarked
package io.millrace.fanout.kinesis;

import org.jspecify.annotations.NullMarked;
