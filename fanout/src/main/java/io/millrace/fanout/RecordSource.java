package io.millrace.fanout;

import io.millrace.model.ChildShard;
import io.millrace.model.SequenceNumber;
import java.util.List;
import java.util.Optional;

/**
 * One shard's records from a position on, in order, as its user asks for them. A source survives whatever the stream
 * service does: it tries again from the exact place it had reached, for ever, until it is closed.
 *
 * <p>Belongs to the event loop it was opened on; its methods are called there, and there it calls its listener.
 */
public interface RecordSource extends AutoCloseable {
    /**
     * Asks for one more batch; the answer is one call of {@link RecordSourceListener#batch} or
     * {@link RecordSourceListener#shardEnded}, never made from within this method. Batches given out before still count as
     * held until they are released; a source that holds as much as it may answers once some are.
     *
     * @throws IllegalStateException if the request before is not answered yet
     */
    void request();

    /**
     * The records of {@code batch} are done with, so their bytes do not count as held any more. Told once for each batch that was
     * given out, in any order; after {@link #close} it does nothing.
     */
    void release(SourceBatch batch);

    /**
     * The shard is over, which the source cannot find out by itself: it reads no more, gives out what it holds, and then
     * ends with {@code children}. A source that has ended or is closed stays as it is.
     *
     * @return the last record read, or after which it was opened; empty if there is none
     */
    Optional<SequenceNumber> end(List<ChildShard> children);

    /** Stops reading and calls the listener no more. Closing again does nothing. */
    @Override
    void close();
}
