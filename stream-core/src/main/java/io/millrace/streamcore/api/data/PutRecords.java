package io.millrace.streamcore.api.data;

import io.millrace.model.StreamName;
import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.DryRun;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.api.call.StreamAnswers;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.NewRecord;
import io.millrace.streamcore.stream.Streams;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Puts up to 500 records. */
final class PutRecords implements Operation {
    private static final int MAX_REQUEST_BYTES = 10 << 20;

    private final Puts puts;
    private final StreamAddress address;
    private final Streams streams;

    PutRecords(Streams streams, Puts puts, StreamAddress address) {
        this.streams = streams;
        this.puts = puts;
        this.address = address;
    }

    @Override
    public CompletionStage<Content> run(Values input) {
        StreamName stream = address.stream(input);
        List<Values> entries = input.structures("Records");
        List<NewRecord> records = new ArrayList<>(entries.size());
        int maxBytes = streams.get(stream).options().maxRecordBytes();
        int bytes = 0;
        for (Values entry : entries) {
            NewRecord record = NewRecords.of(entry, maxBytes, "records." + (records.size() + 1) + ".member.data");
            bytes += NewRecords.size(record);
            if (bytes > MAX_REQUEST_BYTES) {
                throw ApiException.invalidArgument("Records size exceeds 10 MB limit");
            }
            records.add(record);
        }
        if (DryRun.isAskedFor(input)) {
            streams.checkUsable(stream);
            throw DryRun.outcome(streams, stream, address.account());
        }
        return puts.put(stream, records).thenApply(result -> out -> {
            out.start().number("FailedRecordCount", result.refused()).startList("Records");
            for (Streams.PutAnswer answer : result.answers()) {
                out.start();
                if (answer instanceof Streams.Refused refused) {
                    RateExceeded.entry(out, stream, refused, address.account());
                } else {
                    out.text("SequenceNumber", answer.sequenceNumber().toString())
                            .text("ShardId", answer.shard().value());
                }
                out.end();
            }
            out.endList();
            StreamAnswers.encryption(out, result.isEncrypted());
            out.end();
        });
    }

    /** Where records go. */
    @FunctionalInterface
    interface Puts {
        CompletableFuture<Streams.PutResult> put(StreamName stream, List<NewRecord> records);
    }
}
