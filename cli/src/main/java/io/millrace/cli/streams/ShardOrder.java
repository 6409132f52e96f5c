package io.millrace.cli.streams;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which shards of a stream may be read: each once, a child when its parents are read out. Not safe for several threads. */
final class ShardOrder {
    private final Map<String, List<String>> waiting = new HashMap<>();
    private final Set<String> begun = new HashSet<>();
    private final Set<String> unfinished = new HashSet<>();

    /** There is this shard, too; one that was begun before stays begun. */
    void add(String shard, List<String> parents) {
        if (!begun.contains(shard)) {
            waiting.put(shard, parents);
            unfinished.add(shard);
        }
    }

    /** Takes the shards that may begin now. */
    List<String> begin() {
        List<String> ready = waiting.entrySet().stream()
                .filter(shard -> shard.getValue().stream().noneMatch(unfinished::contains))
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
        ready.forEach(waiting::remove);
        begun.addAll(ready);
        return ready;
    }

    /** The shard is read out. */
    void finish(String shard) {
        unfinished.remove(shard);
    }

    /** True when every shard is read out. */
    boolean isOver() {
        return unfinished.isEmpty();
    }
}
