/**
 * Streams of the Kinesis service, or of a server that speaks like it, as readers need them: what they are, which shards they have,
 * and their records page by page or as a subscription brings them. {@code DirectKinesis} reads both past the SDK's machinery for
 * calls, with decoders and signatures of its own over HTTP clients of the SDK, which costs a fraction of the CPU time. Start here:
 * {@code KinesisStreams}.
 */
@NullMarked
package io.millrace.fanout.kinesis;

import org.jspecify.annotations.NullMarked;
