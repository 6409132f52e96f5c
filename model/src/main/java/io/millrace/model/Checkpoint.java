package io.millrace.model;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * How far an application has processed a shard. Checkpoints of one shard are ordered: nothing processed before any
 * record, records by position, the shard's end last.
 */
public sealed interface Checkpoint {
    /**
     * Nothing processed yet; reading begins at {@code position}.
     *
     * @param position where to begin
     */
    record NotStarted(Position.Initial position) implements Checkpoint {
        /** Checks the part. */
        public NotStarted {
            requireNonNull(position, "position");
        }
    }

    /**
     * Everything up to and including {@code position} is processed.
     *
     * @param position the last processed record
     */
    record Processed(RecordPosition position) implements Checkpoint {
        /** Checks the part. */
        public Processed {
            requireNonNull(position, "position");
        }
    }

    /** Every record of the closed shard is processed. */
    record ShardEnd() implements Checkpoint {}

    /** Nothing processed yet, reading begins at {@code position}. */
    static Checkpoint notStarted(Position.Initial position) {
        return new NotStarted(position);
    }

    /** Everything up to and including {@code position} is processed. */
    static Checkpoint processed(RecordPosition position) {
        return new Processed(position);
    }

    /** Everything is processed. */
    static Checkpoint shardEnd() {
        return new ShardEnd();
    }

    /** True at the end of a closed shard. */
    default boolean isShardEnd() {
        return this instanceof ShardEnd;
    }

    /** Where reading goes on, empty at the shard's end. */
    default Optional<Position> resumeAt() {
        if (this instanceof NotStarted start) {
            return Optional.of(start.position());
        }
        if (this instanceof Processed processed) {
            return Optional.of(new Position.AfterRecord(processed.position()));
        }
        return Optional.empty();
    }

    /** True when this is progress over {@code other}. No initial position is progress over another. */
    default boolean isAfter(Checkpoint other) {
        if (this instanceof Processed mine && other instanceof Processed theirs) {
            return mine.position().compareTo(theirs.position()) > 0;
        }
        return rank(this) > rank(other);
    }

    private static int rank(Checkpoint checkpoint) {
        return checkpoint instanceof NotStarted ? 0 : checkpoint instanceof Processed ? 1 : 2;
    }
}
