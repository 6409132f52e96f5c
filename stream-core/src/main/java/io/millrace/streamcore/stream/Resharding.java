package io.millrace.streamcore.stream;

import io.millrace.model.HashKeyRange;
import java.util.List;

/**
 * A split or merge that is decided but not done: these shards are to be closed and children of these hash keys opened. It
 * is in the catalog before the first parent is sealed, so that a server that dies on the way finishes it when it is back.
 *
 * @param parents the numbers of the shards to close
 * @param children the hash keys of the shards to open
 */
record Resharding(List<Integer> parents, List<HashKeyRange> children) {
    Resharding {
        parents = List.copyOf(parents);
        children = List.copyOf(children);
    }
}
