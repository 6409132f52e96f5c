package io.millrace.cli.streams;

import io.millrace.cli.terminal.TimeLimits;
import io.millrace.model.Bytes;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamArn;
import io.millrace.model.StreamRecord;
import io.millrace.runtime.EventLoop;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ChildShard;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorResponse;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;
import software.amazon.awssdk.services.kinesis.model.ProvisionedThroughputExceededException;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/**
 * Reads all shards of a stream at once by polling, a child after its parents. Everything here happens on the event loop,
 * the sink included: while the sink blocks nothing more is read.
 */
public final class StreamTail {
    private static final Duration AT_THE_TIP = Duration.ofMillis(300);
    private static final Duration AFTER_A_REFUSAL = Duration.ofSeconds(1);

    private final KinesisAsyncClient kinesis;
    private final EventLoop loop;
    private final String stream;
    private final @Nullable String arn;
    private final BiConsumer<ShardId, List<StreamRecord>> sink;
    private final Map<String, List<String>> waiting = new HashMap<>();
    private final Set<String> begun = new HashSet<>();
    private final Set<String> unfinished = new HashSet<>();
    private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();

    /** Hands the records of {@code stream}, a name or an ARN, to {@code sink}, on {@code loop}. */
    public StreamTail(
            KinesisAsyncClient kinesis, EventLoop loop, String stream, BiConsumer<ShardId, List<StreamRecord>> sink) {
        this.kinesis = kinesis;
        this.loop = loop;
        this.stream = stream;
        // An iterator of another account's stream is good together with its ARN alone.
        this.arn = StreamArn.isMeant(stream) ? stream : null;
        this.sink = sink;
    }

    /** Begins with these shards. */
    public void start(List<Shard> shards, Position.Initial from) {
        loop.execute(() -> {
            for (Shard shard : shards) {
                if (StreamAdmin.isOpen(shard) || !(from instanceof Position.Latest)) {
                    List<String> parents = Stream.of(shard.parentShardId(), shard.adjacentParentShardId())
                            .filter(parent -> parent != null)
                            .toList();
                    waiting.put(shard.shardId(), parents);
                    unfinished.add(shard.shardId());
                }
            }
            beginWhatCan(from);
        });
    }

    /** Completes when every shard has ended and none follows, or fails with whatever stops the tail. */
    public CompletableFuture<@Nullable Void> ended() {
        return ended;
    }

    private void beginWhatCan(Position.Initial from) {
        for (Map.Entry<String, List<String>> shard : List.copyOf(waiting.entrySet())) {
            if (shard.getValue().stream().noneMatch(unfinished::contains)) {
                waiting.remove(shard.getKey());
                if (begun.add(shard.getKey())) {
                    seek(new Cursor(shard.getKey(), from));
                }
            }
        }
        if (unfinished.isEmpty()) {
            ended.complete(null);
        }
    }

    private void seek(Cursor cursor) {
        GetShardIteratorRequest request = cursor.request(stream);
        loop.whenComplete(kinesis.getShardIterator(request), (answer, error) -> onIterator(cursor, answer, error));
    }

    private void onIterator(Cursor cursor, @Nullable GetShardIteratorResponse answer, @Nullable Throwable error) {
        if (answer != null) {
            read(cursor, answer.shardIterator());
        } else if (error != null) {
            onError(cursor, error);
        }
    }

    private void read(Cursor cursor, String iterator) {
        loop.whenComplete(
                kinesis.getRecords(request ->
                        request.shardIterator(iterator).streamARN(arn).overrideConfiguration(TimeLimits.MANY_RECORDS)),
                (answer, error) -> onRecords(cursor, answer, error));
    }

    private void onRecords(Cursor cursor, @Nullable GetRecordsResponse answer, @Nullable Throwable error) {
        if (answer == null) {
            if (error != null) {
                onError(cursor, error);
            }
            return;
        }
        if (!answer.records().isEmpty()) {
            List<StreamRecord> records =
                    answer.records().stream().map(StreamTail::convert).toList();
            try {
                sink.accept(new ShardId(cursor.shard), records);
            } catch (RuntimeException e) {
                ended.completeExceptionally(e);
                return;
            }
            cursor.last = records.get(records.size() - 1).sequenceNumber();
        }
        String next = answer.nextShardIterator();
        if (next == null) {
            finish(cursor, answer.childShards());
        } else {
            boolean behind = answer.millisBehindLatest() != null && answer.millisBehindLatest() > 0;
            loop.schedule(behind && !answer.records().isEmpty() ? Duration.ZERO : AT_THE_TIP, () -> read(cursor, next));
        }
    }

    private void finish(Cursor cursor, List<ChildShard> children) {
        unfinished.remove(cursor.shard);
        for (ChildShard child : children) {
            if (!begun.contains(child.shardId())) {
                waiting.put(child.shardId(), child.parentShards());
                unfinished.add(child.shardId());
            }
        }
        // Who began at the latest record wants all that a child has; a time holds for the child as well.
        beginWhatCan(cursor.from instanceof Position.Latest ? Position.trimHorizon() : cursor.from);
    }

    private void onError(Cursor cursor, Throwable error) {
        if (error instanceof ExpiredIteratorException) {
            seek(cursor);
        } else if (error instanceof ProvisionedThroughputExceededException || error instanceof LimitExceededException) {
            loop.schedule(AFTER_A_REFUSAL, () -> seek(cursor));
        } else {
            ended.completeExceptionally(error);
        }
    }

    private static StreamRecord convert(Record record) {
        return new StreamRecord(
                new RecordPosition(SequenceNumber.parse(record.sequenceNumber()), 0),
                record.partitionKey(),
                Bytes.copyOf(record.data().asByteBuffer()),
                record.approximateArrivalTimestamp());
    }

    /** Where reading stands in one shard. Belongs to the loop. */
    private static final class Cursor {
        private final String shard;
        private final Position.Initial from;
        private @Nullable SequenceNumber last;

        Cursor(String shard, Position.Initial from) {
            this.shard = shard;
            this.from = from;
        }

        GetShardIteratorRequest request(String stream) {
            GetShardIteratorRequest.Builder request = GetShardIteratorRequest.builder()
                    .streamName(stream)
                    .shardId(shard)
                    .overrideConfiguration(TimeLimits.MANY_RECORDS);
            if (last != null) {
                request.shardIteratorType(ShardIteratorType.AFTER_SEQUENCE_NUMBER)
                        .startingSequenceNumber(last.toString());
            } else if (from instanceof Position.AtTimestamp at) {
                request.shardIteratorType(ShardIteratorType.AT_TIMESTAMP).timestamp(at.time());
            } else {
                request.shardIteratorType(
                        from instanceof Position.Latest ? ShardIteratorType.LATEST : ShardIteratorType.TRIM_HORIZON);
            }
            return request.build();
        }
    }
}
