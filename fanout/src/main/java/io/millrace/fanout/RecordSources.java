package io.millrace.fanout;

import io.millrace.model.HashKeyRange;
import io.millrace.model.Position;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.runtime.EventLoop;

/** Opens sources of one kind. Belongs to an event loop; so do the sources it opens. */
public interface RecordSources {
    /**
     * A source of the shard's records from {@code from} on. It may read ahead at once; nothing is given out unasked.
     *
     * @param hashKeys the hash keys that the shard takes; user records of others are left out of its aggregates
     */
    RecordSource open(
            StreamName stream, ShardId shard, HashKeyRange hashKeys, Position from, RecordSourceListener listener);

    /**
     * The same sources, as one user of the loop opens them: their tasks and their listeners' calls run on {@code view}.
     *
     * @param view another view of the same event loop
     */
    RecordSources on(EventLoop view);
}
