package io.millrace.fanout.kinesis;

import io.millrace.model.ChildShard;
import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import io.millrace.model.ShardId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The parts read so far of a child of the shard that was read out. Belongs to one decoder. */
final class ChildParts {
    private @Nullable String id;
    private final List<ShardId> parents = new ArrayList<>();
    private @Nullable String start;
    private @Nullable String end;

    void id(String text) {
        id = text;
    }

    void parent(String shard) {
        parents.add(new ShardId(shard));
    }

    void start(String hashKey) {
        start = hashKey;
    }

    void end(String hashKey) {
        end = hashKey;
    }

    /**
     * The child.
     *
     * @throws IllegalArgumentException if a part is missing
     */
    ChildShard end() {
        return new ChildShard(
                new ShardId(RecordParts.given(id, "ShardId")),
                parents,
                new HashKeyRange(
                        HashKey.parse(RecordParts.given(start, "StartingHashKey")),
                        HashKey.parse(RecordParts.given(end, "EndingHashKey"))));
    }
}
