package io.millrace.consumer.letters;

import java.util.List;

/**
 * Keeps dead letters. {@link LetterSinks} has those of Millrace; a sink of one's own implements this.
 *
 * <p>A worker moves a shard's checkpoint past a record only after its letter is stored. Letters may come again after a crash,
 * or after a write that failed half-way: {@link Letter#id} tells that they are the same.
 */
public interface LetterSink extends AutoCloseable {
    /**
     * Stores letters. Called on a thread that may block, one call at a time for each shard, and at once for different shards.
     *
     * @param letters of one shard, in the order of its records
     * @throws Exception if not all of them are stored durably; the checkpoint then stays, and the worker tries again
     */
    void write(List<Letter> letters) throws Exception;

    /** Lets go of what the sink holds. Called once, after the last write. */
    @Override
    default void close() {}
}
