package io.millrace.streamcore.stream.scale;

import io.millrace.model.HashKeyRange;
import java.util.List;

/**
 * One split or merge.
 *
 * @param parents the places, in the list of open shards, of the one or two shards to close
 * @param children the hash keys of the shards to open
 */
public record ScalingStep(List<Integer> parents, List<HashKeyRange> children) {
    /** Copies the lists. */
    public ScalingStep {
        parents = List.copyOf(parents);
        children = List.copyOf(children);
    }
}
