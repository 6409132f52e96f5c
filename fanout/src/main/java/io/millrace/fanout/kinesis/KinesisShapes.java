package io.millrace.fanout.kinesis;

import io.millrace.model.Bytes;
import io.millrace.model.ChildShard;
import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.SequenceNumberRange;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamRecord;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** The SDK's shapes as our nouns. Stateless. */
public final class KinesisShapes {
    private KinesisShapes() {}

    static Shard shard(software.amazon.awssdk.services.kinesis.model.Shard shape) {
        List<ShardId> parents = Stream.of(shape.parentShardId(), shape.adjacentParentShardId())
                .filter(Objects::nonNull)
                .map(ShardId::new)
                .toList();
        String ending = shape.sequenceNumberRange().endingSequenceNumber();
        return new Shard(
                new ShardId(shape.shardId()),
                parents,
                range(shape.hashKeyRange()),
                new SequenceNumberRange(
                        SequenceNumber.parse(shape.sequenceNumberRange().startingSequenceNumber()),
                        ending == null ? null : SequenceNumber.parse(ending)));
    }

    /** A child of a shard that was read out. */
    public static ChildShard child(software.amazon.awssdk.services.kinesis.model.ChildShard shape) {
        return new ChildShard(
                new ShardId(shape.shardId()),
                shape.parentShards().stream().map(ShardId::new).toList(),
                range(shape.hashKeyRange()));
    }

    /** A record; its payload is taken over without a copy. */
    public static StreamRecord record(software.amazon.awssdk.services.kinesis.model.Record shape) {
        return new StreamRecord(
                RecordPosition.of(SequenceNumber.parse(shape.sequenceNumber())),
                shape.partitionKey(),
                Bytes.wrap(shape.data().asByteArrayUnsafe()),
                shape.approximateArrivalTimestamp());
    }

    /** A range of hash keys. */
    public static HashKeyRange range(software.amazon.awssdk.services.kinesis.model.HashKeyRange shape) {
        return new HashKeyRange(HashKey.parse(shape.startingHashKey()), HashKey.parse(shape.endingHashKey()));
    }
}
