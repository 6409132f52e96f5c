package io.millrace.streamcore.api.data;

import io.millrace.model.Position;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.Streams;
import io.millrace.streamcore.stream.quota.StreamQuota;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Finds where to read a shard from and hands the place out as an iterator. */
final class GetShardIterator implements Operation {
    private static final int BITS_OF_OLDEST_FORM = 124;

    private final Streams streams;
    private final StreamAddress address;
    private final ShardIterators iterators;
    private final InstantSource clock;

    GetShardIterator(Streams streams, StreamAddress address, ShardIterators iterators, InstantSource clock) {
        this.streams = streams;
        this.address = address;
        this.iterators = iterators;
        this.clock = clock;
    }

    @Override
    public CompletionStage<Content> run(Values input) {
        StreamName stream = address.stream(input);
        ShardId shard = address.shard(stream, input.requiredText("ShardId"));
        return streams.seek(stream, shard, position(stream, shard, input)).thenApply(cursor -> {
            // Asked only now: shards that do not exist have no limits to be kept.
            StreamQuota quota = streams.quotas().of(stream);
            if (quota != null && !quota.shard(shard).takesIterator()) {
                throw RateExceeded.error(stream, shard, address.account());
            }
            String iterator = iterators.write(cursor);
            return out -> out.start().text("ShardIterator", iterator).end();
        });
    }

    private Position position(StreamName stream, ShardId shard, Values input) {
        String type = input.requiredText("ShardIteratorType");
        Optional<String> number = input.text("StartingSequenceNumber");
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
            case "AT_TIMESTAMP" -> new Position.AtTimestamp(timestamp(input));
            case "AT_SEQUENCE_NUMBER" ->
                new Position.AtSequenceNumber(sequenceNumber(stream, shard, number.orElseThrow()));
            default -> new Position.AfterSequenceNumber(sequenceNumber(stream, shard, number.orElseThrow()));
        };
    }

    private Instant timestamp(Values input) {
        Instant time = input.time("Timestamp")
                .orElseThrow(() -> ApiException.invalidArgument("Must specify timestamp parameter for iterator of type"
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
        throw ApiException.invalidArgument("StartingSequenceNumber " + text + " used in GetShardIterator on shard "
                + shard + " in stream " + stream + " under account "
                + address.account().id() + " is invalid.");
    }
}
