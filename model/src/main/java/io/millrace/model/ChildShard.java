package io.millrace.model;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * A shard named at the end of its parent: what follows there.
 *
 * @param id its name
 * @param parents the one or two shards it came from
 * @param hashKeyRange the hash keys it takes
 */
public record ChildShard(ShardId id, List<ShardId> parents, HashKeyRange hashKeyRange) {
    /** Checks the parts and copies the list. */
    public ChildShard {
        requireNonNull(id, "id");
        requireNonNull(hashKeyRange, "hashKeyRange");
        parents = List.copyOf(parents);
    }
}
