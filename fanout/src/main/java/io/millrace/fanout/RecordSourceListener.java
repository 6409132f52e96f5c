package io.millrace.fanout;

import io.millrace.model.ChildShard;
import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamRecord;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes what a {@link RecordSource} finds. Called on the source's event loop; must not block. */
public interface RecordSourceListener {
    /** The next records, in answer to a request. */
    void batch(SourceBatch batch);

    /**
     * The shard is closed and everything in it was given out; in answer to a request, and the last call.
     *
     * @param children what follows; empty when the service named none
     */
    void shardEnded(List<ChildShard> children);

    /**
     * A read found nothing, and nothing waits to be given out. Not told of the read that finds a closed shard's end.
     *
     * @param millisBehindLatest how far behind the tip the place of reading is, 0 when caught up
     * @param readUpTo all records of the shard that arrived before this time, as the service tells times, were given out; absent
     *     while nothing is known of that
     */
    void idle(long millisBehindLatest, @Nullable Instant readUpTo);

    /**
     * A request is not answered before batches that were given out are {@linkplain RecordSource#release released}: they are as
     * much as may be held. May be told again.
     */
    default void awaitsRelease() {}

    /**
     * The last record read has passed retention, and so has whatever came after it and was not read yet; the source goes on
     * at the oldest record that is kept. Comes before the batch that begins with that.
     *
     * @param lastRead the last record read before, or where the source was opened
     * @param oldestOrNull the oldest record that is kept; absent when nothing is kept of a closed shard
     */
    void trimmed(SequenceNumber lastRead, @Nullable StreamRecord oldestOrNull);

    /**
     * Reading fails. The source goes on trying; close it if that is not wanted. After a success it is as if nothing had
     * been.
     */
    void trouble(SourceTrouble trouble);

    /**
     * The shard's pipe fails, and the shard is polled instead until the next one is open. Told again at each failure of a
     * series, until {@link #pipeWorks}. Sources without pipes do not call it.
     */
    default void pipeFails(SourceTrouble trouble) {}

    /** The shard's pipe brings events again, after {@link #pipeFails}. */
    default void pipeWorks() {}
}
