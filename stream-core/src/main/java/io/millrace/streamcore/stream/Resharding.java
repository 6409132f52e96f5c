package io.millrace.streamcore.stream;

import io.millrace.model.HashKeyRange;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Splits and merges that are decided but not done. They are in the catalog before the first parent is sealed, so that a
 * server that dies on the way finishes them when it is back.
 *
 * @param steps no two of which have a parent in common
 */
record Resharding(List<Step> steps) {
    Resharding {
        steps = List.copyOf(steps);
    }

    /** One split or merge. */
    static Resharding of(List<Integer> parents, List<HashKeyRange> children) {
        return new Resharding(List.of(new Step(parents, children)));
    }

    /** The numbers of all shards to close. */
    Set<Integer> parents() {
        Set<Integer> parents = new HashSet<>();
        steps.forEach(step -> parents.addAll(step.parents));
        return parents;
    }

    /** How many more open shards there are afterwards; negative if there are fewer. */
    int growth() {
        return steps.stream()
                .mapToInt(step -> step.children.size() - step.parents.size())
                .sum();
    }

    /**
     * A split or a merge.
     *
     * @param parents the numbers of the shards to close
     * @param children the hash keys of the shards to open
     */
    record Step(List<Integer> parents, List<HashKeyRange> children) {
        Step {
            parents = List.copyOf(parents);
            children = List.copyOf(children);
        }
    }
}
