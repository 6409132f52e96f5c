package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.log.AppendedBatches;
import io.millrace.streamcore.log.LogClosedException;
import io.millrace.streamcore.log.NewBatches;
import io.millrace.streamcore.stream.LiveStream.View;
import io.millrace.streamcore.stream.Streams.PutAnswer;
import io.millrace.streamcore.stream.Streams.PutResult;
import io.millrace.streamcore.stream.Streams.Refused;
import io.millrace.streamcore.stream.Streams.Stored;
import io.millrace.streamcore.stream.quota.StreamQuota;
import java.nio.ByteBuffer;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.RandomAccess;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One put on its way. Records are grouped by shard, encoded once, each group's side by side, and appended together, a
 * group a batch. Records that find their shard sealed wait for the children to open and are then put again, as a put of
 * their own; nothing of them was written before.
 *
 * <p>Runs on the caller's thread up to the append and on the log's threads after; its steps never overlap.
 */
final class PutOperation {
    private static final int REFUSED = -1;

    private final LiveStream stream;
    private final List<NewRecord> records;
    private final Refusals refusals;
    private final @Nullable StreamQuota quotaOrNull;
    /** As its stream is when the put begins: all its records are told to be so, wherever they go. */
    private final boolean isEncrypted;

    /** Whether records go to the shards in turn, whatever their keys. */
    private final boolean isSpread;

    private final View view;
    private final RoutingTable.Groups groups;
    /** By record: its group; of a refused one the slot of the shard that refused it. */
    private final int[] groupOf;
    /** By record: its place in the group, or {@link #REFUSED}; of one that is put again its place among those. */
    private final int[] placeOf;

    private int refused;
    private final CompletableFuture<PutResult> done = new CompletableFuture<>();

    PutOperation(LiveStream stream, List<NewRecord> records, Refusals refusals, @Nullable StreamQuota quotaOrNull) {
        this(
                stream,
                records,
                refusals,
                quotaOrNull,
                stream.view().entry().options().isEncrypted());
    }

    private PutOperation(
            LiveStream stream,
            List<NewRecord> records,
            Refusals refusals,
            @Nullable StreamQuota quotaOrNull,
            boolean isEncrypted) {
        this.stream = requireNonNull(stream, "stream");
        this.records = List.copyOf(records);
        this.refusals = requireNonNull(refusals, "refusals");
        this.quotaOrNull = quotaOrNull;
        this.isEncrypted = isEncrypted;
        this.view = stream.view();
        this.isSpread = view.entry().options().distribution() == StreamOptions.Distribution.AUTO;
        this.groups =
                new RoutingTable.Groups(Math.min(records.size(), view.routing().size()));
        this.groupOf = new int[records.size()];
        this.placeOf = new int[records.size()];
    }

    CompletableFuture<PutResult> start() {
        if (!view.isUsable()) {
            done.completeExceptionally(refusals.streamNotFound(view.entry().name()));
            return done;
        }
        for (int i = 0; i < groupOf.length; i++) {
            group(i, records.get(i));
        }
        if (groups.size() == 0) {
            finish(new AppendedBatches(new long[0], 0), List.of());
            return done;
        }
        var unused = view.log().append(encoded()).whenComplete((appended, error) -> {
            if (appended == null) {
                done.completeExceptionally(
                        error instanceof LogClosedException
                                ? refusals.streamNotFound(view.entry().name())
                                : refusals.notStored());
            } else {
                answer(appended);
            }
        });
        return done;
    }

    private void group(int i, NewRecord record) {
        int slot = isSpread
                ? stream.nextSlot(view.routing().size())
                : view.routing().route(record.hashKey());
        if (quotaOrNull != null && !quotaOrNull.shard(view.routing().id(slot)).takesRecord(record.size())) {
            groupOf[i] = slot;
            placeOf[i] = REFUSED;
            refused++;
        } else {
            groupOf[i] = groups.add(slot, RecordCodec.roomFor(record));
            placeOf[i] = groups.count(groupOf[i]) - 1;
        }
    }

    /** All records in one array, a group's next to each other. */
    private NewBatches encoded() {
        int[] ends = new int[groups.size()];
        int room = 0;
        for (int group = 0; group < ends.length; group++) {
            ends[group] = room;
            room = Math.addExact(room, groups.room(group));
        }
        ByteBuffer target = ByteBuffer.allocate(room);
        for (int i = 0; i < groupOf.length; i++) {
            if (placeOf[i] != REFUSED) {
                int group = groupOf[i];
                ends[group] = RecordCodec.encode(records.get(i), isEncrypted, target, ends[group]);
            }
        }
        NewBatches batches = new NewBatches(ends.length, target.array());
        boolean isMeasured = view.entry().options().isOnDemand();
        for (int group = 0; group < ends.length; group++) {
            int shard = shard(group).index();
            batches.add(shard, groups.count(group), groups.room(group));
            if (isMeasured) {
                stream.load().add(shard, groups.count(group), groups.room(group));
            }
        }
        return batches;
    }

    private void answer(AppendedBatches appended) {
        int stored = 0;
        long bytes = 0;
        boolean hasSealed = false;
        for (int group = 0; group < groups.size(); group++) {
            if (appended.isSealed(group)) {
                hasSealed = true;
            } else {
                stored += groups.count(group);
                bytes += RecordCodec.netBytes(groups.room(group), groups.count(group));
            }
        }
        if (stored > 0) {
            stream.probe().stored(stored, bytes);
        }
        if (hasSealed) {
            awaitChildren(appended);
        } else {
            finish(appended, List.of());
        }
    }

    private void awaitChildren(AppendedBatches appended) {
        List<NewRecord> again = new ArrayList<>();
        for (int i = 0; i < groupOf.length; i++) {
            if (placeOf[i] != REFUSED && appended.isSealed(groupOf[i])) {
                placeOf[i] = again.size();
                again.add(records.get(i));
            }
        }
        var unused = stream.changeFrom(view).whenComplete((ok, error) -> {
            if (error != null) {
                done.completeExceptionally(refusals.notStored());
            } else {
                putAgain(appended, again);
            }
        });
    }

    private void putAgain(AppendedBatches appended, List<NewRecord> again) {
        // What one shard took counts no second time at its child.
        PutOperation children = new PutOperation(stream, again, refusals, null, isEncrypted);
        var unused = children.start().whenComplete((result, error) -> {
            if (error != null) {
                done.completeExceptionally(error);
            } else {
                finish(appended, result.answers());
            }
        });
    }

    private void finish(AppendedBatches appended, List<PutAnswer> again) {
        if (refused > 0) {
            stream.probe().refused(refused);
        }
        done.complete(new PutResult(new Answers(appended, again), refused, isEncrypted));
    }

    private ShardEntry shard(int group) {
        return view.routing().shard(groups.slot(group));
    }

    /** The answers, each made when it is asked for: on the thread that sends it, not on the log's. */
    private final class Answers extends AbstractList<PutAnswer> implements RandomAccess {
        private final AppendedBatches appended;
        private final List<PutAnswer> again;

        Answers(AppendedBatches appended, List<PutAnswer> again) {
            this.appended = appended;
            this.again = again;
        }

        @Override
        public PutAnswer get(int record) {
            int group = groupOf[record];
            int place = placeOf[record];
            if (place == REFUSED) {
                return new Refused(view.routing().id(group), Refused.Reason.RATE_EXCEEDED);
            }
            if (appended.isSealed(group)) {
                return again.get(place);
            }
            return new Stored(
                    view.routing().id(groups.slot(group)),
                    shard(group).sequenceNumber(appended.firstIndex(group) + place, appended.timeMillis()));
        }

        @Override
        public int size() {
            return groupOf.length;
        }
    }
}
