package io.millrace.fanout.pipe;

import io.millrace.model.ChildShard;
import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamRecord;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One event of a subscription.
 *
 * @param records in order; empty in an event that only shows that the subscription lives
 * @param continuation where to subscribe next; null once a closed shard is read out
 * @param millisBehindLatest how far the tip is ahead of these records, 0 when caught up
 * @param children what follows the shard, once it is closed and read out
 */
public record PipeEvent(
        List<StreamRecord> records,
        @Nullable SequenceNumber continuation,
        long millisBehindLatest,
        List<ChildShard> children) {
    /** Copies the lists. */
    public PipeEvent {
        records = List.copyOf(records);
        children = List.copyOf(children);
    }

    /** True for the last event of a closed shard. */
    boolean endsShard() {
        return continuation == null && !children.isEmpty();
    }
}
