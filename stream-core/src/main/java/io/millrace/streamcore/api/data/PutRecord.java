package io.millrace.streamcore.api.data;

import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamName;
import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.DryRun;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.api.call.StreamAnswers;
import io.millrace.streamcore.api.shape.AnswerWriter;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.NewRecord;
import io.millrace.streamcore.stream.Streams;
import java.io.IOException;
import java.math.BigInteger;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Puts one record. */
final class PutRecord implements Operation {
    /** Numbers below 2^124 are of the service's oldest form, which has no parts to check. */
    private static final int BITS_OF_OLDEST_FORM = 124;

    private final Streams streams;
    private final StreamAddress address;
    private final InstantSource clock;

    PutRecord(Streams streams, StreamAddress address, InstantSource clock) {
        this.streams = streams;
        this.address = address;
        this.clock = clock;
    }

    @Override
    public CompletionStage<Content> run(Values input) {
        StreamName stream = address.stream(input);
        NewRecord record = NewRecords.of(input, streams.get(stream).options().maxRecordBytes(), "data");
        input.text("SequenceNumberForOrdering").ifPresent(number -> checkOrdering(stream, number));
        if (DryRun.isAskedFor(input)) {
            streams.checkUsable(stream);
            throw DryRun.outcome(streams, stream, address.account());
        }
        // The storage's thread completes this: the answer is looked into by the thread that writes it.
        return streams.put(stream, List.of(record)).thenApply(result -> {
            if (result.refused() > 0) {
                throw RateExceeded.error(stream, result.answers().get(0).shard(), address.account());
            }
            return out -> write(out, result.answers().get(0), result.isEncrypted());
        });
    }

    private static void write(AnswerWriter out, Streams.PutAnswer answer, boolean isEncrypted) throws IOException {
        out.start()
                .text("ShardId", answer.shard().value())
                .text("SequenceNumber", answer.sequenceNumber().toString());
        StreamAnswers.encryption(out, isEncrypted);
        out.end();
    }

    /** Every record of a shard gets a higher number than the ones before, so the number need only be a possible one. */
    private void checkOrdering(StreamName stream, String text) {
        boolean isPossible;
        try {
            SequenceNumber number = SequenceNumber.parse(text);
            BigInteger value = number.toBigInteger();
            isPossible = value.bitLength() <= BITS_OF_OLDEST_FORM
                    || number.parts().recordSeconds() <= clock.instant().getEpochSecond();
        } catch (IllegalArgumentException otherForm) {
            isPossible = false;
        }
        if (!isPossible) {
            throw ApiException.invalidArgument(
                    "ExclusiveMinimumSequenceNumber " + text + " used in PutRecord on stream " + stream
                            + " under account " + address.account().id() + " is invalid.");
        }
    }
}
