package io.millrace.fanout.kinesis;

import io.millrace.fanout.ShardIterator;
import io.millrace.fanout.ShardPage;
import io.millrace.fanout.ShardReadException;
import io.millrace.fanout.ShardReader;
import io.millrace.fanout.kinesis.KinesisStreams.Address;
import io.millrace.model.ChildShard;
import io.millrace.model.Position;
import io.millrace.model.ShardId;
import io.millrace.model.StreamRecord;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.KmsThrottlingException;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;
import software.amazon.awssdk.services.kinesis.model.ProvisionedThroughputExceededException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/** Reads a shard through the Kinesis API: GetShardIterator and GetRecords. Safe for any thread. */
final class KinesisShardReader implements ShardReader {
    private final KinesisAsyncClient client;
    private final @Nullable DirectStream direct;
    private final Address stream;
    private final ShardId shard;

    /** @param direct reads where it can; null where only the client does */
    KinesisShardReader(KinesisAsyncClient client, @Nullable DirectStream direct, Address stream, ShardId shard) {
        this.client = client;
        this.direct = direct;
        this.stream = stream;
        this.shard = shard;
    }

    @Override
    public CompletableFuture<ShardIterator> getIterator(Position position) {
        return failingClearly(
                direct == null
                        ? iteratorThroughSdk(position)
                        : direct.getIterator(shard, position, () -> iteratorThroughSdk(position)),
                ShardReadException.Kind.POSITION_REFUSED);
    }

    private CompletableFuture<ShardIterator> iteratorThroughSdk(Position position) {
        GetShardIteratorRequest.Builder request = GetShardIteratorRequest.builder()
                .streamName(stream.nameOrNull())
                .streamARN(stream.arnOrNull())
                .shardId(shard.value());
        if (position instanceof Position.TrimHorizon) {
            request.shardIteratorType(ShardIteratorType.TRIM_HORIZON);
        } else if (position instanceof Position.Latest) {
            request.shardIteratorType(ShardIteratorType.LATEST);
        } else if (position instanceof Position.AtTimestamp at) {
            request.shardIteratorType(ShardIteratorType.AT_TIMESTAMP).timestamp(at.time());
        } else if (position instanceof Position.AtSequenceNumber at) {
            request.shardIteratorType(ShardIteratorType.AT_SEQUENCE_NUMBER)
                    .startingSequenceNumber(at.sequenceNumber().toString());
        } else if (position instanceof Position.AfterRecord after) {
            request.shardIteratorType(ShardIteratorType.AT_SEQUENCE_NUMBER)
                    .startingSequenceNumber(after.record().sequenceNumber().toString());
        } else if (position instanceof Position.AfterSequenceNumber after) {
            request.shardIteratorType(ShardIteratorType.AFTER_SEQUENCE_NUMBER)
                    .startingSequenceNumber(after.sequenceNumber().toString());
        }
        return client.getShardIterator(request.build())
                .thenApply(answer -> new ShardIterator(
                        answer.shardIterator(), AnswerTime.of(answer).orElse(null)));
    }

    @Override
    public CompletableFuture<ShardPage> getRecords(ShardIterator iterator, int limit) {
        // An iterator that the service does not understand is one of before a restart: as good as expired.
        return failingClearly(
                direct == null
                        ? recordsThroughSdk(iterator, limit)
                        : direct.getRecords(iterator, limit, () -> recordsThroughSdk(iterator, limit)),
                ShardReadException.Kind.ITERATOR_EXPIRED);
    }

    private CompletableFuture<ShardPage> recordsThroughSdk(ShardIterator iterator, int limit) {
        return client.getRecords(request -> request.shardIterator(iterator.value())
                        .streamARN(stream.arnOrNull())
                        .limit(limit))
                .thenApply(KinesisShardReader::page);
    }

    private static ShardPage page(GetRecordsResponse answer) {
        List<StreamRecord> records =
                answer.records().stream().map(KinesisShapes::record).toList();
        List<ChildShard> children =
                answer.childShards().stream().map(KinesisShapes::child).toList();
        String next = answer.nextShardIterator();
        long behind = answer.millisBehindLatest() == null ? 0 : answer.millisBehindLatest();
        return new ShardPage(records, next == null ? null : new ShardIterator(next), behind, children);
    }

    private <T> CompletableFuture<T> failingClearly(
            CompletableFuture<T> answer, ShardReadException.Kind invalidArgument) {
        return answer.handle((value, error) -> {
            if (error == null) {
                return value;
            }
            Throwable cause =
                    error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
            throw new ShardReadException(kind(cause, invalidArgument), String.valueOf(cause.getMessage()), cause);
        });
    }

    private static ShardReadException.Kind kind(Throwable cause, ShardReadException.Kind invalidArgument) {
        if (cause instanceof ProvisionedThroughputExceededException
                || cause instanceof LimitExceededException
                || cause instanceof KmsThrottlingException) {
            return ShardReadException.Kind.THROTTLED;
        }
        if (cause instanceof ExpiredIteratorException) {
            return ShardReadException.Kind.ITERATOR_EXPIRED;
        }
        if (cause instanceof ResourceNotFoundException) {
            return ShardReadException.Kind.GONE;
        }
        return cause instanceof InvalidArgumentException ? invalidArgument : ShardReadException.Kind.TRANSIENT;
    }
}
