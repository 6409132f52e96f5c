package io.millrace.model;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Optional;

/** Where to begin reading a shard: the five iterator types of the API, and a place within an aggregate. */
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

    /**
     * The first user record above this one, which may stand in the same stored record. The API knows stored records only: a
     * reader asks it for {@link AtSequenceNumber} and leaves out what lies at or below the position.
     *
     * @param record the last record that is not to come
     */
    record AfterRecord(RecordPosition record) implements Position {
        /** Checks the part. */
        public AfterRecord {
            requireNonNull(record, "record");
        }
    }

    /** A position that needs no record to name it: where an application may start on a shard it never read. */
    sealed interface Initial extends Position permits TrimHorizon, Latest, AtTimestamp {}

    /** The position that reading from here leaves behind; empty where it names none. */
    default Optional<RecordPosition> leavesBehind() {
        if (this instanceof AfterRecord after) {
            return Optional.of(after.record());
        }
        return this instanceof AfterSequenceNumber after
                ? Optional.of(RecordPosition.endOf(after.sequenceNumber()))
                : Optional.empty();
    }

    /** {@link TrimHorizon}. */
    static Initial trimHorizon() {
        return new TrimHorizon();
    }

    /** {@link Latest}. */
    static Initial latest() {
        return new Latest();
    }
}
