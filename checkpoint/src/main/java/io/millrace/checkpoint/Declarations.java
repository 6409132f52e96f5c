package io.millrace.checkpoint;

import io.millrace.model.RecordPosition;
import org.jspecify.annotations.Nullable;

/** Takes what a user declares processed. Called on the loop of the shard's checkpoints. */
@FunctionalInterface
public interface Declarations {
    /**
     * Everything up to {@code last} is processed of what the user has been given, or all of it where that is absent. What it
     * makes of the shard's progress is told to {@link ShardCheckpoints#processed(RecordPosition)} before this returns.
     *
     * @throws IllegalArgumentException if {@code last} was not delivered
     */
    void processed(@Nullable RecordPosition last);

    /**
     * The last record that {@code last} means to this user; absent if that is all that was delivered.
     *
     * @throws IllegalArgumentException if it was not delivered
     */
    default @Nullable RecordPosition meant(@Nullable RecordPosition last) {
        return last;
    }

    /**
     * A checkpoint at {@code position} is to be prepared.
     *
     * @throws IllegalArgumentException if that was not delivered
     * @throws IllegalStateException if the user does not speak for the whole shard
     */
    default void checkPrepare(RecordPosition position) {}
}
