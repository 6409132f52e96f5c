package io.millrace.model;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/** Where to begin reading a shard: the five iterator types of the API. */
public sealed interface Position {
    /** The oldest record that is still kept. */
    record TrimHorizon() implements Initial {}

    /** Only what is put from now on. */
    record Latest() implements Initial {}

    /**
     * The first record that arrived at or after a moment.
     *
     * @param time the moment
     */
    record AtTimestamp(Instant time) implements Initial {
        /** Checks the part. */
        public AtTimestamp {
            requireNonNull(time, "time");
        }
    }

    /**
     * The record of this number, or the first one above it.
     *
     * @param sequenceNumber the number
     */
    record AtSequenceNumber(SequenceNumber sequenceNumber) implements Position {
        /** Checks the part. */
        public AtSequenceNumber {
            requireNonNull(sequenceNumber, "sequenceNumber");
        }
    }

    /**
     * The first record above this number.
     *
     * @param sequenceNumber the number
     */
    record AfterSequenceNumber(SequenceNumber sequenceNumber) implements Position {
        /** Checks the part. */
        public AfterSequenceNumber {
            requireNonNull(sequenceNumber, "sequenceNumber");
        }
    }

    /** A position that needs no record to name it: where an application may start on a shard it never read. */
    sealed interface Initial extends Position permits TrimHorizon, Latest, AtTimestamp {}

    /** {@link TrimHorizon}. */
    static Initial trimHorizon() {
        return new TrimHorizon();
    }

    /** {@link Latest}. */
    static Initial latest() {
        return new Latest();
    }
}
