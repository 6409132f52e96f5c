package io.millrace.consumer;

import io.millrace.fanout.RecordSources;
import io.millrace.lease.ShardDirectory;
import io.millrace.runtime.Backoff;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import java.time.Duration;
import java.util.function.Supplier;

/** What the consumers of one worker have in common. */
record ConsumerParts(
        EventLoop loop,
        Platform platform,
        RecordSources sources,
        ShardDirectory directory,
        UserCalls calls,
        Supplier<? extends RecordProcessor> processors,
        Duration checkpointInterval,
        Backoff retry,
        ConsumerMeters meters,
        Owner owner) {
    /** Is told when a consumer is over. Called on the event loop. */
    interface Owner {
        /** {@code consumer} has done all it will do. */
        void over(ShardConsumer consumer, ConsumerEnd end);
    }
}
