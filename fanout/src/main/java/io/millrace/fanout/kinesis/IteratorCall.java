package io.millrace.fanout.kinesis;

import io.millrace.fanout.ShardIterator;
import io.millrace.fanout.kinesis.KinesisStreams.Address;
import io.millrace.model.Position;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The request and the answer of GetShardIterator in CBOR (GetShardIterator, Kinesis API). Pure functions. */
final class IteratorCall {
    private IteratorCall() {}

    /** The request's body; empty for a time, which the SDK asks for. */
    static Optional<byte[]> body(Address stream, ShardId shard, Position position) {
        CborWriter body = new CborWriter();
        String name = stream.nameOrNull();
        if (name != null) {
            body.member("StreamName", name);
        }
        String arn = stream.arnOrNull();
        if (arn != null) {
            body.member("StreamARN", arn);
        }
        body.member("ShardId", shard.value());
        if (position instanceof Position.TrimHorizon) {
            type(body, "TRIM_HORIZON");
        } else if (position instanceof Position.Latest) {
            type(body, "LATEST");
        } else if (position instanceof Position.AtSequenceNumber at) {
            at(body, "AT_SEQUENCE_NUMBER", at.sequenceNumber());
        } else if (position instanceof Position.AfterRecord after) {
            at(body, "AT_SEQUENCE_NUMBER", after.record().sequenceNumber());
        } else if (position instanceof Position.AfterSequenceNumber after) {
            at(body, "AFTER_SEQUENCE_NUMBER", after.sequenceNumber());
        } else {
            return Optional.empty();
        }
        return Optional.of(body.map());
    }

    private static void type(CborWriter body, String type) {
        body.member("ShardIteratorType", type);
    }

    private static void at(CborWriter body, String type, SequenceNumber number) {
        type(body, type);
        body.member("StartingSequenceNumber", number.toString());
    }

    /**
     * The iterator that an answer holds.
     *
     * @throws IllegalArgumentException if it holds none
     */
    static ShardIterator iterator(HttpAnswer answer) {
        AtomicReference<@Nullable String> found = new AtomicReference<>();
        CborReader in = new CborReader(answer.body(), List.of());
        in.map(name -> {
            if (name.equals("ShardIterator") && !in.isNull()) {
                found.set(in.text());
            } else {
                in.skip();
            }
        });
        String iterator = found.get();
        if (iterator == null) {
            throw new IllegalArgumentException("an answer without an iterator");
        }
        return new ShardIterator(iterator, AnswerTime.of(answer.head()).orElse(null));
    }
}
