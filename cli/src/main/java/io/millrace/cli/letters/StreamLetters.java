package io.millrace.cli.letters;

import io.millrace.cli.streams.StreamAdmin;
import io.millrace.cli.terminal.TimeLimits;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/**
 * The letters of a stream, from the oldest that it keeps to its tip, shard after shard in the order in which they were made, so
 * that parents come before children. Closes its client. For one thread.
 */
final class StreamLetters implements LetterSource {
    private final KinesisAsyncClient kinesis;
    private final String stream;
    private final Queue<String> shards = new ArrayDeque<>();
    private String shard = "";
    private @Nullable String iterator;

    StreamLetters(KinesisAsyncClient kinesis, String stream) {
        this.kinesis = kinesis;
        this.stream = stream;
        try {
            new StreamAdmin(kinesis)
                    .shards(stream).stream().map(Shard::shardId).sorted().forEach(shards::add);
        } catch (RuntimeException e) {
            kinesis.close();
            throw e;
        }
    }

    @Override
    public List<Entry> next() {
        while (iterator != null || !shards.isEmpty()) {
            List<Record> records = read();
            if (!records.isEmpty()) {
                return records.stream().map(this::entry).toList();
            }
        }
        return List.of();
    }

    private List<Record> read() {
        if (iterator == null) {
            shard = shards.remove();
            iterator = kinesis.getShardIterator(request ->
                            request.streamName(stream).shardId(shard).shardIteratorType(ShardIteratorType.TRIM_HORIZON))
                    .join()
                    .shardIterator();
        }
        String from = iterator;
        GetRecordsResponse answer = kinesis.getRecords(
                        request -> request.shardIterator(from).overrideConfiguration(TimeLimits.MANY_RECORDS))
                .join();
        boolean isAtTheTip = answer.millisBehindLatest() == null || answer.millisBehindLatest() == 0;
        iterator = isAtTheTip ? null : answer.nextShardIterator();
        return answer.records();
    }

    private Entry entry(Record record) {
        return Entry.of(
                "record " + record.sequenceNumber() + " of " + shard,
                record.data().asUtf8String(),
                record.sequenceNumber());
    }

    @Override
    public void putBack(List<Entry> entries) {
        // A stream keeps its letters until their retention is over.
    }

    @Override
    public void close() {
        kinesis.close();
    }
}
