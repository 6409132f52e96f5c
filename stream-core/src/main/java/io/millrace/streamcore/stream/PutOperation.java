package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.model.ShardId;
import io.millrace.streamcore.log.AppendOutcome;
import io.millrace.streamcore.log.LogClosedException;
import io.millrace.streamcore.log.NewBatch;
import io.millrace.streamcore.stream.LiveStream.View;
import io.millrace.streamcore.stream.Streams.PutAnswer;
import io.millrace.streamcore.stream.Streams.PutResult;
import io.millrace.streamcore.stream.Streams.Refused;
import io.millrace.streamcore.stream.Streams.Stored;
import io.millrace.streamcore.stream.quota.ShardQuota;
import io.millrace.streamcore.stream.quota.StreamQuota;
import java.nio.ByteBuffer;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.RandomAccess;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One put on its way. Records are grouped by shard, each group is encoded once and appended as one batch. A group that
 * finds its shard sealed waits for the children to open and goes there; nothing of it was written before.
 *
 * <p>Runs on the caller's thread up to the appends and on the log's threads after; its steps never overlap.
 */
final class PutOperation {
    private static final int REFUSED = -1;

    private final LiveStream stream;
    private final List<NewRecord> records;
    private final Refusals refusals;
    private final @Nullable StreamQuota quotaOrNull;
    /** By record: the batch that holds it. */
    private final Batch[] batchOf;
    /** By record: its place in the batch, or {@link #REFUSED}. */
    private final int[] placeOf;

    /** As its stream is when the put begins: all its records are told to be so, wherever they go. */
    private final boolean isEncrypted;

    private int refused;

    private final CompletableFuture<PutResult> done = new CompletableFuture<>();

    PutOperation(LiveStream stream, List<NewRecord> records, Refusals refusals, @Nullable StreamQuota quotaOrNull) {
        this.stream = requireNonNull(stream, "stream");
        this.records = List.copyOf(records);
        this.refusals = requireNonNull(refusals, "refusals");
        this.quotaOrNull = quotaOrNull;
        this.batchOf = new Batch[records.size()];
        this.placeOf = new int[records.size()];
        this.isEncrypted = stream.view().entry().options().isEncrypted();
    }

    CompletableFuture<PutResult> start() {
        View view = stream.view();
        Map<Integer, Batch> byShard = new HashMap<>();
        for (int i = 0; i < records.size(); i++) {
            add(i, view, byShard, quotaOrNull);
        }
        append(view, byShard);
        return done;
    }

    private void add(int record, View view, Map<Integer, Batch> byShard, @Nullable StreamQuota quota) {
        ShardEntry shard = view.routing().route(records.get(record).hashKey());
        Batch batch = byShard.get(shard.index());
        if (batch == null) {
            batch = new Batch(shard, quota == null ? null : quota.shard(shard.id()));
            byShard.put(shard.index(), batch);
        }
        batchOf[record] = batch;
        if (batch.takes(records.get(record))) {
            placeOf[record] = batch.add(record, records.get(record));
        } else {
            placeOf[record] = REFUSED;
            refused++;
        }
    }

    private void append(View view, Map<Integer, Batch> byShard) {
        if (!view.isUsable()) {
            done.completeExceptionally(refusals.streamNotFound(view.entry().name()));
            return;
        }
        List<Batch> batches = new ArrayList<>(byShard.size());
        for (Batch batch : byShard.values()) {
            if (batch.count > 0) {
                batches.add(batch);
            }
        }
        if (batches.isEmpty()) {
            finish();
            return;
        }
        List<NewBatch> encoded = new ArrayList<>(batches.size());
        ByteBuffer room = roomFor(batches);
        for (Batch batch : batches) {
            ByteBuffer payload = batch.encode(records, isEncrypted, room);
            stream.load().add(batch.shard.index(), batch.count, payload.remaining());
            encoded.add(new NewBatch(batch.shard.index(), batch.count, payload));
        }
        var unused = view.log().append(encoded).whenComplete((outcomes, error) -> {
            if (outcomes == null) {
                done.completeExceptionally(
                        error instanceof LogClosedException
                                ? refusals.streamNotFound(view.entry().name())
                                : refusals.internalFailure());
            } else {
                answer(view, batches, outcomes);
            }
        });
    }

    /** One array for all batches: a put to hundreds of shards would be hundreds of small ones. */
    private static ByteBuffer roomFor(List<Batch> batches) {
        int room = 0;
        for (Batch batch : batches) {
            room = Math.addExact(room, batch.room);
        }
        return ByteBuffer.allocate(room);
    }

    private void answer(View view, List<Batch> batches, List<AppendOutcome> outcomes) {
        List<Batch> sealed = new ArrayList<>(0);
        int stored = 0;
        long bytes = 0;
        for (int i = 0; i < batches.size(); i++) {
            Batch batch = batches.get(i);
            batch.outcome = outcomes.get(i);
            if (batch.outcome instanceof AppendOutcome.Sealed) {
                sealed.add(batch);
            } else {
                stored += batch.count;
                bytes += batch.bytes;
            }
        }
        if (stored > 0) {
            stream.probe().stored(stored, bytes);
        }
        if (sealed.isEmpty()) {
            finish();
        } else {
            awaitChildren(view, sealed);
        }
    }

    private void finish() {
        if (refused > 0) {
            stream.probe().refused(refused);
        }
        done.complete(new PutResult(new Answers(batchOf, placeOf), refused, isEncrypted));
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
        Map<Integer, Batch> byShard = new HashMap<>();
        for (Batch batch : sealed) {
            for (int i = 0; i < batch.count; i++) {
                // What one shard took counts no second time at its child.
                add(batch.recordAt(i), view, byShard, null);
            }
        }
        append(view, byShard);
    }

    /** The records of a put that go to one shard. */
    private static final class Batch {
        private final ShardEntry shard;
        private final ShardId id;
        private final @Nullable ShardQuota quotaOrNull;
        private int[] members = new int[4];
        private int count;
        private int room;
        private long bytes;
        private @Nullable AppendOutcome outcome;

        Batch(ShardEntry shard, @Nullable ShardQuota quotaOrNull) {
            this.shard = shard;
            this.id = shard.id();
            this.quotaOrNull = quotaOrNull;
        }

        boolean takes(NewRecord record) {
            return quotaOrNull == null || quotaOrNull.takesRecord(record.size());
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

        /** Writes the records at the target's position, which moves on. */
        ByteBuffer encode(List<NewRecord> records, boolean isEncrypted, ByteBuffer target) {
            int start = target.position();
            int end = start;
            for (int i = 0; i < count; i++) {
                end = RecordCodec.encode(records.get(members[i]), isEncrypted, target, end);
            }
            bytes = RecordCodec.netBytes(end - start, count);
            target.position(end);
            return target.slice(start, end - start);
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
            if (placeOf[record] == REFUSED) {
                return new Refused(batch.id, Refused.Reason.RATE_EXCEEDED);
            }
            if (!(batch.outcome instanceof AppendOutcome.Appended appended)) {
                throw new IllegalStateException("a put was answered before its records were in the log");
            }
            return new Stored(
                    batch.id,
                    batch.shard.sequenceNumber(appended.firstIndex() + placeOf[record], appended.timeMillis()));
        }

        @Override
        public int size() {
            return batchOf.length;
        }
    }
}
