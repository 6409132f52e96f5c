package io.millrace.multilang.line;

import static java.util.Objects.requireNonNull;

import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A message of the daemon to a child. All but {@link Checkpointed} and {@link Open} are actions,
 * which the child answers with a status. */
public sealed interface ToChild {
    /** The message's name on the wire. */
    String action();

    /**
     * The shard that the child works on, and where it begins.
     *
     * @param shard the shard
     * @param sequenceNumber a number, or {@code TRIM_HORIZON}, {@code LATEST} or {@code AT_TIMESTAMP}
     * @param subSequenceNumber the place within an aggregate, else 0
     */
    record Initialize(ShardId shard, String sequenceNumber, long subSequenceNumber) implements ToChild {
        /** Checks the parts. */
        public Initialize {
            requireNonNull(shard, "shard");
            requireNonNull(sequenceNumber, "sequenceNumber");
        }

        /** The shard, to be gone on with behind {@code checkpoint}. */
        public static Initialize at(ShardId shard, Checkpoint checkpoint) {
            if (checkpoint instanceof Checkpoint.Processed processed) {
                RecordPosition last = processed.position();
                return new Initialize(shard, last.sequenceNumber().toString(), last.subSequenceNumber());
            }
            return new Initialize(shard, place(checkpoint), 0);
        }

        private static String place(Checkpoint checkpoint) {
            if (checkpoint instanceof Checkpoint.NotStarted start) {
                Position.Initial position = start.position();
                if (position instanceof Position.Latest) {
                    return "LATEST";
                }
                return position instanceof Position.TrimHorizon ? "TRIM_HORIZON" : "AT_TIMESTAMP";
            }
            return "SHARD_END";
        }

        @Override
        public String action() {
            return "initialize";
        }
    }

    /**
     * Records to process, in order.
     *
     * @param records the records; none where empty batches are wanted
     * @param millisBehindLatest how far behind the shard's tip they were when they were read
     */
    record ProcessRecords(List<StreamRecord> records, long millisBehindLatest) implements ToChild {
        /** Copies the list. */
        public ProcessRecords {
            records = List.copyOf(records);
        }

        @Override
        public String action() {
            return "processRecords";
        }
    }

    /**
     * An event for a function in the manner of AWS Lambda. Children of Amazon's libraries do not know it, and are never told it.
     *
     * @param event the event, as JSON in ASCII alone
     */
    record Invoke(String event) implements ToChild {
        /** Checks the part. */
        public Invoke {
            requireNonNull(event, "event");
        }

        @Override
        public String action() {
            return "invoke";
        }

        /** Tells nothing of the event. */
        @Override
        public String toString() {
            return "Invoke[" + event.length() + " characters]";
        }
    }

    /**
     * The answer to a {@link FromChild.Checkpoint}, whose numbers it repeats.
     *
     * @param sequenceNumber as it was asked for
     * @param subSequenceNumber as it was asked for
     * @param error why it was not saved, as the name of an exception of the KCL; absent if it was
     */
    record Checkpointed(
            @Nullable String sequenceNumber,
            @Nullable Long subSequenceNumber,
            @Nullable String error) implements ToChild {
        @Override
        public String action() {
            return "checkpoint";
        }
    }

    /** Another worker owns the shard. */
    record LeaseLost() implements ToChild {
        @Override
        public String action() {
            return "leaseLost";
        }
    }

    /** All records of the shard were processed, and it is closed. The child must checkpoint. */
    record ShardEnded() implements ToChild {
        @Override
        public String action() {
            return "shardEnded";
        }
    }

    /**
     * A process that serves several shards shall open another connection, for one more shard. Ours: no child of Amazon's libraries
     * is ever told it.
     *
     * @param token by which the daemon knows the connection
     * @param stream the shard's stream
     */
    record Open(String token, StreamName stream) implements ToChild {
        /** Checks the parts. */
        public Open {
            requireNonNull(token, "token");
            requireNonNull(stream, "stream");
        }

        @Override
        public String action() {
            return "open";
        }

        /** Without the token, which is a secret. */
        @Override
        public String toString() {
            return "Open of " + stream;
        }
    }

    /** The shard is given away. The child may checkpoint for a last time. */
    record ShutdownRequested() implements ToChild {
        @Override
        public String action() {
            return "shutdownRequested";
        }
    }
}
