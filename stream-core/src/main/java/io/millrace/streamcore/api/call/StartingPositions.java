package io.millrace.streamcore.api.call;

import static java.util.Objects.requireNonNull;

import io.millrace.model.Position;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.streamcore.stream.account.Account;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/** Reads where in a shard a request wants to begin, in the three members that say it. Safe for any thread. */
public final class StartingPositions {
    private static final int BITS_OF_OLDEST_FORM = 124;

    private final String operation;
    private final Account account;
    private final InstantSource clock;

    /** A reader for this operation, whose name stands in what it refuses. */
    public StartingPositions(String operation, Account account, InstantSource clock) {
        this.operation = requireNonNull(operation, "operation");
        this.account = requireNonNull(account, "account");
        this.clock = requireNonNull(clock, "clock");
    }

    /**
     * The position.
     *
     * @param type one of the five names of the API
     * @throws ApiException if the members do not go together, or the number or the moment cannot be
     */
    public Position read(
            StreamName stream, ShardId shard, String type, Optional<String> number, Optional<Instant> time) {
        boolean isByNumber = type.equals("AT_SEQUENCE_NUMBER") || type.equals("AFTER_SEQUENCE_NUMBER");
        if (isByNumber != number.isPresent() && !type.equals("AT_TIMESTAMP")) {
            throw ApiException.invalidArgument("Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and"
                    + " StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request"
                    + " specified " + type + " and "
                    + (isByNumber ? "no StartingSequenceNumber." : "also a StartingSequenceNumber."));
        }
        return switch (type) {
            case "TRIM_HORIZON" -> Position.trimHorizon();
            case "LATEST" -> Position.latest();
            case "AT_TIMESTAMP" -> new Position.AtTimestamp(timestamp(time));
            case "AT_SEQUENCE_NUMBER" ->
                new Position.AtSequenceNumber(sequenceNumber(stream, shard, number.orElseThrow()));
            default -> new Position.AfterSequenceNumber(sequenceNumber(stream, shard, number.orElseThrow()));
        };
    }

    private Instant timestamp(Optional<Instant> given) {
        Instant time = given.orElseThrow(
                () -> ApiException.invalidArgument("Must specify timestamp parameter for iterator of type"
                        + " AT_TIMESTAMP. Request specified no timestamp parameter."));
        Instant now = clock.instant();
        if (time.isAfter(now)) {
            throw ApiException.invalidArgument(
                    "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis."
                            + " timestampInMillis: " + time.toEpochMilli() + ", currentTimestampInMillis: "
                            + now.toEpochMilli());
        }
        return time;
    }

    /**
     * Numbers below 2^124 are of the service's oldest form, which no stream holds any more. The service was seen to answer
     * them with a failure of its own; here they are as invalid as all others that no record can have.
     */
    private SequenceNumber sequenceNumber(StreamName stream, ShardId shard, String text) {
        try {
            SequenceNumber number = SequenceNumber.parse(text);
            if (number.toBigInteger().bitLength() > BITS_OF_OLDEST_FORM) {
                return number;
            }
        } catch (IllegalArgumentException tooLong) {
            // Refused below.
        }
        throw ApiException.invalidArgument("StartingSequenceNumber " + text + " used in " + operation + " on shard "
                + shard + " in stream " + stream + " under account "
                + account.id() + " is invalid.");
    }
}
