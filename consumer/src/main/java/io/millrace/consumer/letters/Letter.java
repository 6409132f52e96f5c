package io.millrace.consumer.letters;

import static java.util.Objects.requireNonNull;

import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import java.time.Instant;

/**
 * A record that was given up, and why.
 *
 * <p>Its JSON form is one object in ASCII without a line feed, the same in all sinks; {@code docs/letters.md} lists the
 * members. Nothing of the record is lost in it. Immutable.
 *
 * @param application whose processor refused the record
 * @param stream the stream that the record is from
 * @param shard the shard that the record is from
 * @param epoch the fencing number of the lease under which the record was given up, not negative
 * @param record the record
 * @param attempts how often it was tried, from 1 on
 * @param error the class of the exception and the user's frames, without messages, which may quote a payload; of a
 *     {@code ProcessingFailedException} its message
 * @param failedAt when it was given up, by the worker's clock
 */
public record Letter(
        String application,
        StreamName stream,
        ShardId shard,
        long epoch,
        StreamRecord record,
        int attempts,
        String error,
        Instant failedAt) {
    /** Checks the parts. */
    public Letter {
        requireNonNull(application, "application");
        requireNonNull(stream, "stream");
        requireNonNull(shard, "shard");
        requireNonNull(record, "record");
        requireNonNull(error, "error");
        requireNonNull(failedAt, "failedAt");
        if (epoch < 0 || attempts < 1) {
            throw new IllegalArgumentException(
                    "a letter has an epoch from 0 on and attempts from 1 on, not " + epoch + " and " + attempts);
        }
    }

    /**
     * The name of the record within its stream, {@code shard:sequence:sub}: the same for every letter that is written of it, so
     * that whoever reads letters can leave out repetitions.
     */
    public String id() {
        return shard + ":" + record.sequenceNumber() + ":" + record.subSequenceNumber();
    }

    /** The JSON form. */
    public String toJson() {
        return LetterForm.write(this);
    }

    /**
     * Reads the JSON form. Members that are not known are passed over.
     *
     * @throws LetterException if the text is no letter; the message names the member and quotes nothing of the record
     */
    public static Letter parse(String json) {
        return LetterForm.read(json);
    }

    /** Tells which record it is of, and nothing that the record holds. */
    @Override
    public String toString() {
        return "Letter[" + application + ", " + stream + ", " + id() + "]";
    }
}
