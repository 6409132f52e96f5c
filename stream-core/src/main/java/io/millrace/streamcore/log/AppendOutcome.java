package io.millrace.streamcore.log;

/** What became of an append. */
public sealed interface AppendOutcome {
    /**
     * The batch is in the log.
     *
     * @param firstIndex the number of its first record in the shard
     * @param timeMillis when the log took it, in ms since the epoch; never below an earlier batch's of the shard
     */
    record Appended(long firstIndex, long timeMillis) implements AppendOutcome {}

    /** The shard takes no more records; nothing was written. */
    record Sealed() implements AppendOutcome {}
}
