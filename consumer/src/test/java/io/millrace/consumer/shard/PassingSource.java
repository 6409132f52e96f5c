package io.millrace.consumer.shard;

import static java.util.Objects.requireNonNull;

import io.millrace.fanout.RecordSource;
import io.millrace.fanout.RecordSourceListener;
import io.millrace.fanout.SourceBatch;
import io.millrace.fanout.SourceTrouble;
import io.millrace.model.ChildShard;
import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamRecord;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Stands between a source and its listener, and passes everything on. A test overrides what it does wrong. */
class PassingSource implements RecordSource, RecordSourceListener {
    private final RecordSourceListener listener;
    private @Nullable RecordSource source;

    PassingSource(RecordSourceListener listener) {
        this.listener = listener;
    }

    /** Opens the source, whose listener this is. */
    final PassingSource open(Function<RecordSourceListener, RecordSource> opening) {
        source = opening.apply(this);
        return this;
    }

    private RecordSource source() {
        return requireNonNull(source, "not opened");
    }

    @Override
    public void request() {
        source().request();
    }

    @Override
    public void release(SourceBatch batch) {
        source().release(batch);
    }

    @Override
    public Optional<SequenceNumber> end(List<ChildShard> children) {
        return source().end(children);
    }

    @Override
    public void close() {
        source().close();
    }

    @Override
    public void batch(SourceBatch batch) {
        listener.batch(batch);
    }

    @Override
    public void shardEnded(List<ChildShard> children) {
        listener.shardEnded(children);
    }

    @Override
    public void idle(long millisBehindLatest, @Nullable Instant readUpTo) {
        listener.idle(millisBehindLatest, readUpTo);
    }

    @Override
    public void awaitsRelease() {
        listener.awaitsRelease();
    }

    @Override
    public void trimmed(SequenceNumber lastRead, @Nullable StreamRecord oldestOrNull) {
        listener.trimmed(lastRead, oldestOrNull);
    }

    @Override
    public void trouble(SourceTrouble trouble) {
        listener.trouble(trouble);
    }

    @Override
    public void pipeFails(SourceTrouble trouble) {
        listener.pipeFails(trouble);
    }

    @Override
    public void pipeWorks() {
        listener.pipeWorks();
    }
}
