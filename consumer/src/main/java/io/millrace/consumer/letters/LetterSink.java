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

    /** Why records were given up. */
    enum Reason {
        /** Processing them failed, as often or as long as the policy allows. */
        FAILED,
        /** They arrived too long ago, and were not handed out any more. */
        TOO_OLD
    }

    /**
     * The same, for sinks that tell why. Workers call this one.
     *
     * @param reason why these records, all together, were given up
     */
    default void write(List<Letter> letters, Reason reason) throws Exception {
        write(letters);
    }

    /** Lets go of what the sink holds. Called once, after the last write. */
    @Override
    default void close() {}
}
