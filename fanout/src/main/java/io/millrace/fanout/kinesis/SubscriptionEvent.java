package io.millrace.fanout.kinesis;

import io.millrace.model.ChildShard;
import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamRecord;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One event of a subscription to a shard (SubscribeToShardEvent, Kinesis API).
 *
 * @param records in order
 * @param continuation where to subscribe next; null once a closed shard is read out
 * @param millisBehindLatest how far the tip is ahead of these records, 0 when caught up
 * @param children what follows the shard, once it is closed and read out
 */
public record SubscriptionEvent(
        List<StreamRecord> records,
        @Nullable SequenceNumber continuation,
        long millisBehindLatest,
        List<ChildShard> children) {
    /** Copies the lists. */
    public SubscriptionEvent {
        records = List.copyOf(records);
        children = List.copyOf(children);
    }
}
