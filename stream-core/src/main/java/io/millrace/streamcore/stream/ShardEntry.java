package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.model.HashKeyRange;
import io.millrace.model.SequenceNumber;
import io.millrace.model.SequenceNumberRange;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.streamcore.stream.StreamState.ShardState;
import java.util.List;

/**
 * A shard in the catalog.
 *
 * <p>The log numbers a shard's records from 0; in sequence numbers they count from 1, because index 0 is the shard's
 * StartingSequenceNumber, which no record has. A closed shard's EndingSequenceNumber has the highest index there is.
 *
 * @param index its number in the stream
 * @param parents the numbers of the shards it came from
 * @param range the hash keys it takes
 * @param createdSeconds the creation time in its sequence numbers; above its parents', so that its numbers are too
 * @param openedMillis when it was opened; with its parents' closing the same moment
 * @param closedMillis when it was closed, {@value #OPEN} while it is open
 */
record ShardEntry(
        int index,
        List<Integer> parents,
        HashKeyRange range,
        long createdSeconds,
        long openedMillis,
        long closedMillis) {
    static final long OPEN = -1;

    ShardEntry {
        parents = List.copyOf(parents);
        requireNonNull(range, "range");
    }

    static ShardEntry open(
            int index, List<Integer> parents, HashKeyRange range, long createdSeconds, long openedMillis) {
        return new ShardEntry(index, parents, range, createdSeconds, openedMillis, OPEN);
    }

    boolean isOpen() {
        return closedMillis == OPEN;
    }

    /** True for a closed shard that took its last record before the oldest moment whose records are kept. */
    boolean isExpired(long horizonMillis) {
        return !isOpen() && closedMillis < horizonMillis;
    }

    ShardEntry closed(long millis) {
        return new ShardEntry(index, parents, range, createdSeconds, openedMillis, millis);
    }

    ShardId id() {
        return ShardId.of(index);
    }

    /** The number of the record that the log calls {@code logIndex} and took at this moment. */
    SequenceNumber sequenceNumber(long logIndex, long timeMillis) {
        return SequenceNumber.of(createdSeconds, index, logIndex + 1, timeMillis / 1000);
    }

    /** The boundary just below the record that the log calls {@code logIndex}; to be used exclusively. */
    SequenceNumber before(long logIndex) {
        return SequenceNumber.of(createdSeconds, index, logIndex, createdSeconds);
    }

    Shard toShard() {
        SequenceNumber starting = SequenceNumber.of(createdSeconds, index, 0, createdSeconds);
        SequenceNumberRange numbers = isOpen()
                ? SequenceNumberRange.openFrom(starting)
                : new SequenceNumberRange(
                        starting,
                        SequenceNumber.of(
                                createdSeconds, index, Long.MAX_VALUE, Math.max(createdSeconds, closedMillis / 1000)));
        return new Shard(id(), parents.stream().map(ShardId::of).toList(), range, numbers);
    }

    ShardState toState() {
        return new ShardState(toShard(), openedMillis, isOpen() ? ShardState.STILL_OPEN : closedMillis);
    }
}
