package io.millrace.streamcore.api.data;

import io.millrace.model.StreamName;
import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.DryRun;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.api.call.StreamAnswers;
import io.millrace.streamcore.api.shape.AnswerWriter;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.ReadPage;
import io.millrace.streamcore.stream.ShardCursor;
import io.millrace.streamcore.stream.Streams;
import io.millrace.streamcore.stream.quota.ShardQuota;
import io.millrace.streamcore.stream.quota.StreamQuota;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Reads on from a shard iterator. */
final class GetRecords implements Operation {
    private static final int MAX_RECORDS = 10_000;
    private static final int MAX_BYTES = 10 << 20;

    private final Streams streams;
    private final StreamAddress address;
    private final ShardIterators iterators;

    GetRecords(Streams streams, StreamAddress address, ShardIterators iterators) {
        this.streams = streams;
        this.address = address;
        this.iterators = iterators;
    }

    @Override
    public CompletionStage<Content> run(Values input) {
        ShardCursor cursor = iterators.read(input.requiredText("ShardIterator"));
        Optional<StreamName> stream = address.arn(input);
        if (stream.isPresent() && !stream.get().equals(cursor.stream())) {
            throw ApiException.invalidArgument("StreamARN names another stream than the ShardIterator.");
        }
        if (DryRun.isAskedFor(input)) {
            streams.checkReadable(cursor);
            throw DryRun.outcome(streams, cursor.stream(), address.account());
        }
        int limit = input.whole("Limit").orElse(MAX_RECORDS);
        ShardQuota quota = quota(cursor);
        return streams.read(cursor, limit, MAX_BYTES).thenApply(page -> {
            streams.probe(cursor.stream()).read(page.stored().size(), page.bytes(), page.millisBehindLatest());
            if (quota != null) {
                quota.wasRead(page.bytes());
            }
            return out -> write(out, page);
        });
    }

    private @Nullable ShardQuota quota(ShardCursor cursor) {
        StreamQuota quota = streams.quotas().of(cursor.stream());
        if (quota == null) {
            return null;
        }
        ShardQuota shard = quota.shard(cursor.shard());
        if (!shard.takesRead()) {
            streams.probe(cursor.stream()).readRefused();
            throw RateExceeded.error(cursor.stream(), cursor.shard(), address.account());
        }
        return shard;
    }

    private void write(AnswerWriter out, ReadPage page) throws IOException {
        out.start().number("MillisBehindLatest", page.millisBehindLatest());
        if (page.next().isPresent()) {
            out.text("NextShardIterator", iterators.write(page.next().get()));
        } else {
            StreamAnswers.childShards(out, page.childShards());
        }
        RecordsWriter.write(out, page.stored());
        out.end();
    }
}
