package io.millrace.streamcore.log.disk;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.log.AppendedBatches;
import io.millrace.streamcore.log.LogException;
import io.millrace.streamcore.log.NewBatches;
import io.millrace.streamcore.log.ShardBounds;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Something that waits for the writer. Made by any thread, then the writer's alone: it is written with its group, and
 * once the group is durable it is published and completed.
 */
abstract sealed class Pending {
    /** Adds the bytes to the group. */
    abstract void write(LogWriter writer) throws IOException;

    /** The group is durable: lets readers see it. */
    abstract void publish(LogWriter writer);

    /** Tells whoever waits. */
    abstract void complete();

    /** Tells whoever waits that it is not to be. */
    abstract void fail(LogException error);

    /** Batches to append together. */
    static final class Append extends Pending {
        private final BatchTable table;
        private final ShardTail[] tails;
        private final CompletableFuture<AppendedBatches> done = new CompletableFuture<>();
        private long timeMillis;
        private @Nullable Segment segment;
        /** Where in the segment the first batch's bytes begin. */
        private int position;

        Append(NewBatches batches) {
            table = new BatchTable(batches);
            tails = new ShardTail[batches.size()];
        }

        CompletableFuture<AppendedBatches> done() {
            return done;
        }

        @Override
        void write(LogWriter writer) throws IOException {
            NewBatches batches = table.batches();
            Segment newest = writer.segments().room(batches.size(), batches.totalLength());
            timeMillis = writer.now();
            for (int batch = 0; batch < tails.length; batch++) {
                ShardTail tail = writer.tail(batches.shard(batch));
                tails[batch] = tail;
                if (tail.isSealed()) {
                    table.leaveOut(batch);
                } else {
                    table.number(batch, tail.take(batches.count(batch), timeMillis));
                }
            }
            if (!table.isEmpty()) {
                position = writer.segments().append(table, timeMillis);
                segment = newest;
            }
        }

        @Override
        void publish(LogWriter writer) {
            Segment in = segment;
            if (in == null) {
                return;
            }
            NewBatches batches = table.batches();
            int frame = writer.cache().add(in, batches, position);
            in.note(timeMillis);
            int at = position;
            for (int batch = 0; batch < tails.length; batch++) {
                if (!table.isLeftOut(batch)) {
                    tails[batch].publish(in, table, batch, timeMillis, at, frame);
                    writer.touch(tails[batch]);
                }
                at += batches.length(batch) + in.tagBytes();
            }
        }

        @Override
        void complete() {
            done.complete(table.outcome(timeMillis));
        }

        @Override
        void fail(LogException error) {
            done.completeExceptionally(error);
        }
    }

    /** The end of a shard. */
    static final class Seal extends Pending {
        private final int shard;
        private final CompletableFuture<ShardBounds> done = new CompletableFuture<>();
        private @Nullable ShardTail tail;

        Seal(int shard) {
            if (shard < 0) {
                throw new IllegalArgumentException("a shard's number is not negative: " + shard);
            }
            this.shard = shard;
        }

        CompletableFuture<ShardBounds> done() {
            return done;
        }

        @Override
        void write(LogWriter writer) throws IOException {
            ShardTail sealed = writer.tail(shard);
            tail = sealed;
            if (!sealed.isSealed()) {
                var unused = writer.segments().room(0, 0);
                sealed.close();
                writer.segments()
                        .append(Frame.mark(FrameKind.SEAL, shard, sealed.nextIndex(), sealed.lastTimeMillis()));
            }
        }

        @Override
        void publish(LogWriter writer) {
            ShardTail sealed = requireNonNull(tail, "written before");
            sealed.publish(sealed.nextIndex(), sealed.lastTimeMillis(), true);
            writer.touch(sealed);
        }

        @Override
        void complete() {
            done.complete(requireNonNull(tail, "written before").bounds());
        }

        @Override
        void fail(LogException error) {
            done.completeExceptionally(error);
        }
    }
}
