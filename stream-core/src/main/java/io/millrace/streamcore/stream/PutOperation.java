package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.log.AppendOutcome;
import io.millrace.streamcore.log.LogClosedException;
import io.millrace.streamcore.stream.LiveStream.View;
import io.millrace.streamcore.stream.Streams.PutAnswer;
import java.nio.ByteBuffer;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.RandomAccess;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One put on its way. Records are grouped by shard, each group is encoded once and appended as one batch. A group that
 * finds its shard sealed waits for the children to open and goes there; nothing of it was written before.
 *
 * <p>Runs on the caller's thread up to the appends and on the log's threads after; its steps never overlap.
 */
final class PutOperation {
    private final LiveStream stream;
    private final List<NewRecord> records;
    private final Refusals refusals;
    /** By record: the batch that holds it. */
    private final Batch[] batchOf;
    /** By record: its place in the batch. */
    private final int[] placeOf;

    private final CompletableFuture<List<PutAnswer>> done = new CompletableFuture<>();

    PutOperation(LiveStream stream, List<NewRecord> records, Refusals refusals) {
        this.stream = requireNonNull(stream, "stream");
        this.records = List.copyOf(records);
        this.refusals = requireNonNull(refusals, "refusals");
        this.batchOf = new Batch[records.size()];
        this.placeOf = new int[records.size()];
    }

    CompletableFuture<List<PutAnswer>> start() {
        View view = stream.view();
        List<Batch> batches = new ArrayList<>();
        Map<Integer, Batch> byShard = new HashMap<>();
        for (int i = 0; i < records.size(); i++) {
            add(i, view, byShard, batches);
        }
        append(view, batches);
        return done;
    }

    private void add(int record, View view, Map<Integer, Batch> byShard, List<Batch> batches) {
        ShardEntry shard = view.routing().route(records.get(record).hashKey());
        Batch batch = byShard.get(shard.index());
        if (batch == null) {
            batch = new Batch(shard);
            byShard.put(shard.index(), batch);
            batches.add(batch);
        }
        batchOf[record] = batch;
        placeOf[record] = batch.add(record, records.get(record));
    }

    private void append(View view, List<Batch> batches) {
        if (!view.isUsable()) {
            done.completeExceptionally(refusals.streamNotFound(view.entry().name()));
            return;
        }
        if (batches.isEmpty()) {
            done.complete(new Answers(batchOf, placeOf));
            return;
        }
        AtomicInteger open = new AtomicInteger(batches.size());
        for (Batch batch : batches) {
            var unused = view.log()
                    .append(batch.shard.index(), batch.count, batch.encode(records))
                    .whenComplete((outcome, error) -> {
                        batch.outcome = outcome;
                        batch.error = error;
                        if (open.decrementAndGet() == 0) {
                            answer(view, batches);
                        }
                    });
        }
    }

    private void answer(View view, List<Batch> batches) {
        List<Batch> sealed = new ArrayList<>();
        for (Batch batch : batches) {
            Throwable error = batch.error;
            if (error != null) {
                done.completeExceptionally(
                        error instanceof LogClosedException
                                ? refusals.streamNotFound(view.entry().name())
                                : refusals.internalFailure());
                return;
            }
            if (batch.outcome instanceof AppendOutcome.Sealed) {
                sealed.add(batch);
            }
        }
        if (sealed.isEmpty()) {
            done.complete(new Answers(batchOf, placeOf));
        } else {
            awaitChildren(view, sealed);
        }
    }

    private void awaitChildren(View seen, List<Batch> sealed) {
        var unused = stream.changeFrom(seen).whenComplete((ok, error) -> {
            if (error != null) {
                done.completeExceptionally(refusals.internalFailure());
            } else {
                reroute(sealed);
            }
        });
    }

    private void reroute(List<Batch> sealed) {
        View view = stream.view();
        List<Batch> batches = new ArrayList<>();
        Map<Integer, Batch> byShard = new HashMap<>();
        for (Batch batch : sealed) {
            for (int i = 0; i < batch.count; i++) {
                add(batch.recordAt(i), view, byShard, batches);
            }
        }
        append(view, batches);
    }

    /** The records of a put that go to one shard. */
    private static final class Batch {
        private final ShardEntry shard;
        private int[] members = new int[4];
        private int count;
        private int room;
        private volatile @Nullable AppendOutcome outcome;
        private volatile @Nullable Throwable error;

        Batch(ShardEntry shard) {
            this.shard = shard;
        }

        int add(int number, NewRecord record) {
            if (count == members.length) {
                members = Arrays.copyOf(members, count * 2);
            }
            members[count] = number;
            room = Math.addExact(room, RecordCodec.roomFor(record));
            return count++;
        }

        int recordAt(int place) {
            return members[place];
        }

        ByteBuffer encode(List<NewRecord> records) {
            ByteBuffer target = ByteBuffer.wrap(new byte[room]);
            int end = 0;
            for (int i = 0; i < count; i++) {
                end = RecordCodec.encode(records.get(members[i]), target, end);
            }
            return target.limit(end);
        }
    }

    /** The answers, each made when it is asked for: on the thread that sends it, not on the log's. */
    private static final class Answers extends AbstractList<PutAnswer> implements RandomAccess {
        private final Batch[] batchOf;
        private final int[] placeOf;

        Answers(Batch[] batchOf, int[] placeOf) {
            this.batchOf = batchOf;
            this.placeOf = placeOf;
        }

        @Override
        public PutAnswer get(int record) {
            Batch batch = batchOf[record];
            if (!(batch.outcome instanceof AppendOutcome.Appended appended)) {
                throw new IllegalStateException("a put was answered before its records were in the log");
            }
            return new PutAnswer(
                    batch.shard.id(),
                    batch.shard.sequenceNumber(appended.firstIndex() + placeOf[record], appended.timeMillis()));
        }

        @Override
        public int size() {
            return batchOf.length;
        }
    }
}
