package io.millrace.consumer.shard;

import io.millrace.checkpoint.CheckpointPace;
import io.millrace.consumer.delivery.DeliverySettings;
import io.millrace.consumer.processor.AsyncRecordProcessor;
import io.millrace.consumer.watch.Oversight;
import io.millrace.fanout.RecordSources;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.ShardDirectory;
import io.millrace.runtime.Backoff;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import java.time.Instant;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The parts that the consumers of one worker have in common. */
public record ConsumerParts(
        String application,
        EventLoop loop,
        Platform platform,
        RecordSources sources,
        ShardDirectory directory,
        UserCalls calls,
        Supplier<? extends AsyncRecordProcessor> processors,
        DeliverySettings delivery,
        CheckpointPace checkpointPace,
        Backoff retry,
        ConsumerMeters meters,
        Oversight oversight,
        ShardTurns turns,
        Owner owner) {
    /** Is told what becomes of consumers. Called on the event loop. */
    public interface Owner {
        /** {@code consumer} has done all it will do. */
        void over(ShardConsumer consumer, ConsumerEnd end);

        /**
         * Records of {@code shard} passed retention before they were read.
         *
         * @param from when the last record read had arrived, or the shard was opened if none was; absent if not known
         * @param until when the oldest record had arrived that is kept; absent when none is
         */
        default void recordsExpired(LeaseKey shard, @Nullable Instant from, @Nullable Instant until) {}

        /** The worker shall end, for the reason given. */
        default void stopWorker(String reason) {}
    }

    /** The same parts with other turns. */
    ConsumerParts withTurns(ShardTurns others) {
        return new ConsumerParts(
                application,
                loop,
                platform,
                sources,
                directory,
                calls,
                processors,
                delivery,
                checkpointPace,
                retry,
                meters,
                oversight,
                others,
                owner);
    }
}
