package io.millrace.lease.table;

import static java.util.Objects.requireNonNull;

import io.millrace.model.HashKeyRange;
import io.millrace.model.ShardId;
import java.util.List;

/**
 * Where a leased shard stands among the others of its stream.
 *
 * @param parents the shards that must be at their end before this one may start; none when there is nothing to wait for
 * @param children what follows the shard; known once it is at its end
 * @param hashKeyRange the hash keys it takes
 */
public record Lineage(List<ShardId> parents, List<ShardId> children, HashKeyRange hashKeyRange) {
    /** Checks the parts and copies the lists. */
    public Lineage {
        parents = List.copyOf(parents);
        children = List.copyOf(children);
        requireNonNull(hashKeyRange, "hashKeyRange");
    }
}
