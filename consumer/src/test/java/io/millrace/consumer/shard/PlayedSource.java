package io.millrace.consumer.shard;

import static java.util.Objects.requireNonNull;

import io.millrace.fanout.RecordSource;
import io.millrace.fanout.RecordSourceListener;
import io.millrace.fanout.SourceBatch;
import io.millrace.model.ChildShard;
import io.millrace.model.Position;
import io.millrace.model.SequenceNumber;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A source that a test plays: it gives through the listener what it likes, and remembers what it was asked for. */
final class PlayedSource implements RecordSource {
    private @Nullable RecordSourceListener listener;
    /** Where it was opened last. */
    @Nullable
    Position from;

    int requests;
    int released;
    boolean isClosed;
    /** The children that it shall end with; absent before it was told to end. */
    @Nullable
    List<ChildShard> endsWith;

    /** It is opened, for the first time or again. */
    PlayedSource open(Position position, RecordSourceListener taker) {
        from = position;
        listener = taker;
        return this;
    }

    RecordSourceListener listener() {
        return requireNonNull(listener, "not opened");
    }

    @Override
    public void request() {
        requests++;
    }

    @Override
    public void release(SourceBatch batch) {
        released += batch.records().size();
    }

    @Override
    public Optional<SequenceNumber> end(List<ChildShard> children) {
        endsWith = children;
        return Optional.empty();
    }

    @Override
    public void close() {
        isClosed = true;
    }
}
