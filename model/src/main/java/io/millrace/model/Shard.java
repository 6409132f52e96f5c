package io.millrace.model;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * One shard of a stream.
 *
 * @param id its name
 * @param parents what it came from: nothing, the shard that was split, or the two that were merged (the parent first,
 *     then the adjacent parent)
 * @param hashKeyRange the hash keys it takes
 * @param sequenceNumbers the sequence numbers it holds
 */
public record Shard(ShardId id, List<ShardId> parents, HashKeyRange hashKeyRange, SequenceNumberRange sequenceNumbers) {
    /** Checks the parts and copies the list. */
    public Shard {
        requireNonNull(id, "id");
        requireNonNull(hashKeyRange, "hashKeyRange");
        requireNonNull(sequenceNumbers, "sequenceNumbers");
        parents = List.copyOf(parents);
        if (parents.size() > 2) {
            throw new IllegalArgumentException("a shard has at most two parents, " + id + " has " + parents);
        }
    }

    /** True while the shard takes records. */
    public boolean isOpen() {
        return sequenceNumbers.ending().isEmpty();
    }

    /** The shard as its children's readers learn of it: name, parents and hash keys. */
    public ChildShard asChild() {
        return new ChildShard(id, parents, hashKeyRange);
    }
}
