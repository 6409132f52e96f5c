package io.millrace.consumer.shard;

import io.millrace.model.RecordPosition;
import io.millrace.model.StreamRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** All lanes of a shard, and which of them a record belongs to. Belongs to the worker's event loop. */
final class Lanes {
    private final List<Lane> all;
    /** The furthest record that some lane was given; what is before it and open was overtaken. */
    private @Nullable RecordPosition overtakenBy;

    Lanes(List<Lane> all) {
        this.all = List.copyOf(all);
    }

    /** The lanes of a shard that is not begun. */
    static Lanes none() {
        return new Lanes(List.of());
    }

    void forEach(Consumer<Lane> action) {
        all.forEach(action);
    }

    boolean all(Predicate<Lane> condition) {
        return all.stream().allMatch(condition);
    }

    boolean any(Predicate<Lane> condition) {
        return all.stream().anyMatch(condition);
    }

    boolean any(LaneState state) {
        for (Lane lane : all) {
            if (lane.state() == state) {
                return true;
            }
        }
        return false;
    }

    /** Gives every record to its lane. */
    void add(List<StreamRecord> records, long millisBehindLatest) {
        if (all.size() == 1 && !records.isEmpty()) {
            all.get(0).add(records, millisBehindLatest);
            return;
        }
        List<List<StreamRecord>> parts = new ArrayList<>(all.size());
        all.forEach(lane -> parts.add(new ArrayList<>()));
        for (StreamRecord record : records) {
            parts.get(laneOf(record.partitionKey(), all.size())).add(record);
        }
        for (int i = 0; i < all.size(); i++) {
            if (!parts.get(i).isEmpty()) {
                all.get(i).add(parts.get(i), millisBehindLatest);
            }
        }
    }

    /** The same lane for the same key, in every process. */
    static int laneOf(String partitionKey, int lanes) {
        // The multiplier is that of the golden ratio; it spreads keys that differ in their last characters only.
        int mixed = partitionKey.hashCode() * 0x9E3779B9;
        return Math.floorMod(mixed ^ (mixed >>> 16), lanes);
    }

    /** The first record that some lane is not done with; absent if all are done with theirs. */
    @Nullable
    RecordPosition oldestOpen() {
        RecordPosition oldest = null;
        for (Lane lane : all) {
            RecordPosition open = lane.oldestOpen().orElse(null);
            if (open != null && (oldest == null || open.compareTo(oldest) < 0)) {
                oldest = open;
            }
        }
        return oldest;
    }

    /** Records up to {@code last} were handed to a lane. */
    void handedOut(RecordPosition last) {
        if (overtakenBy == null || last.compareTo(overtakenBy) > 0) {
            overtakenBy = last;
        }
    }

    /** The furthest record that was handed to a lane; absent if none was. */
    @Nullable
    RecordPosition overtakenBy() {
        return overtakenBy;
    }

    /**
     * True if no lane has anything to do any more before the shard can be given back: nothing is running, and what a lane has yet to
     * process stands behind {@code last}, or fails.
     */
    boolean isSettled(@Nullable RecordPosition last) {
        return all(lane -> !lane.isBusy()
                && (lane.state() != LaneState.READY
                        || lane.oldestUnprocessed()
                                .map(open -> last == null || open.compareTo(last) > 0)
                                .orElse(true)));
    }
}
