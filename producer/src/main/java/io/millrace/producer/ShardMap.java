package io.millrace.producer;

import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The shards of a stream as the service last listed them: where a hash key goes, and what each shard takes. Immutable. */
final class ShardMap {
    /** Nothing is known: all keys go the same way. */
    static final ShardMap UNKNOWN = new ShardMap(List.of());

    private final List<Shard> open;
    private final Map<ShardId, HashKeyRange> ranges = new HashMap<>();

    private ShardMap(List<Shard> shards) {
        List<Shard> sorted = new ArrayList<>();
        for (Shard shard : shards) {
            ranges.put(shard.id(), shard.hashKeyRange());
            if (shard.isOpen()) {
                sorted.add(shard);
            }
        }
        sorted.sort(Comparator.comparing(shard -> shard.hashKeyRange().start()));
        open = List.copyOf(sorted);
    }

    /** The map of all shards that are listed, open or closed. */
    static ShardMap of(List<Shard> shards) {
        return new ShardMap(shards);
    }

    /** True if it tells which shard a key goes to. */
    boolean isKnown() {
        return !open.isEmpty();
    }

    /** How many ways there are: one to each open shard, and the last one for keys of which nothing is known. */
    int ways() {
        return open.size() + 1;
    }

    /**
     * The way of a key: to the last open shard that begins at or below it, if that takes the key. During a reshard the service may
     * list none that does.
     */
    int wayOf(HashKey key) {
        int low = 0;
        int high = open.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (open.get(middle).hashKeyRange().start().compareTo(key) <= 0) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return isKnown() && open.get(low).hashKeyRange().contains(key) ? low : open.size();
    }

    /** The shard at the end of a way; absent if it is unknown. */
    @Nullable
    ShardId shardOf(int way) {
        return way < open.size() ? open.get(way).id() : null;
    }

    /** The hash keys that a shard takes or took; empty if it is not listed. */
    Optional<HashKeyRange> rangeOf(ShardId shard) {
        return Optional.ofNullable(ranges.get(shard));
    }
}
