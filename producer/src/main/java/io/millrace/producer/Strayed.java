package io.millrace.producer;

import io.millrace.model.HashKeyRange;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * Aggregates that another shard took than the one they were made for, until the shards are listed anew: readers of that shard see
 * them or do not. Belongs to the producer's loop.
 */
final class Strayed {
    private final List<Aggregate> aggregates = new ArrayList<>();

    private record Aggregate(Parcel parcel, ShardId shard, SequenceNumber number) {}

    /** Is told of an aggregate that is where it belongs. */
    @FunctionalInterface
    interface Placed {
        void at(Parcel parcel, ShardId shard, SequenceNumber number);
    }

    void add(Parcel parcel, ShardId shard, SequenceNumber number) {
        Throwable reason = new IllegalStateException("its aggregate came to " + shard + ", which is another shard");
        parcel.records().forEach(record -> record.failed(reason, true));
        aggregates.add(new Aggregate(parcel, shard, number));
    }

    boolean isEmpty() {
        return aggregates.isEmpty();
    }

    /**
     * Judges those whose shard is listed. An aggregate in which one record belongs to another shard counts as not stored: our worker
     * leaves that record out, but the Kinesis Client Library leaves the whole aggregate out.
     *
     * @return the records that are to be sent again
     */
    List<Pending> judge(ShardMap map, Placed placed) {
        List<Pending> misplaced = new ArrayList<>();
        for (Iterator<Aggregate> each = aggregates.iterator(); each.hasNext(); ) {
            Aggregate aggregate = each.next();
            Optional<HashKeyRange> range = map.rangeOf(aggregate.shard);
            if (range.isPresent()) {
                each.remove();
                List<Pending> records = aggregate.parcel.records();
                if (records.stream().allMatch(record -> range.get().contains(record.hashKey()))) {
                    placed.at(aggregate.parcel, aggregate.shard, aggregate.number);
                } else {
                    misplaced.addAll(records);
                }
            }
        }
        return misplaced;
    }

    /** Takes out the records of those that are older than {@code limit} nanoseconds. */
    List<Pending> takeOlderThan(long limit, long now) {
        List<Pending> old = new ArrayList<>();
        aggregates.removeIf(
                each -> each.parcel.records().get(0).age(now) >= limit && old.addAll(each.parcel.records()));
        return old;
    }

    /** Takes out all records. */
    List<Pending> takeAll() {
        List<Pending> all = new ArrayList<>();
        aggregates.forEach(each -> all.addAll(each.parcel.records()));
        aggregates.clear();
        return all;
    }
}
