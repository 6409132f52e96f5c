package io.millrace.streamcore.log.disk;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.log.AppendOutcome;
import io.millrace.streamcore.log.LogBatch;
import io.millrace.streamcore.log.LogException;
import io.millrace.streamcore.log.NewBatch;
import io.millrace.streamcore.log.ShardBounds;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
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
        private final List<Part> parts;
        private final CompletableFuture<List<AppendOutcome>> done = new CompletableFuture<>();

        Append(List<NewBatch> batches) {
            parts = new ArrayList<>(batches.size());
            for (NewBatch batch : batches) {
                parts.add(new Part(batch));
            }
        }

        CompletableFuture<List<AppendOutcome>> done() {
            return done;
        }

        @Override
        void write(LogWriter writer) throws IOException {
            for (Part part : parts) {
                part.write(writer);
            }
        }

        @Override
        void publish(LogWriter writer) {
            for (Part part : parts) {
                part.publish(writer);
            }
        }

        @Override
        void complete() {
            List<AppendOutcome> outcomes = new ArrayList<>(parts.size());
            for (Part part : parts) {
                outcomes.add(part.outcome());
            }
            done.complete(outcomes);
        }

        @Override
        void fail(LogException error) {
            done.completeExceptionally(error);
        }
    }

    /** One batch and where it came to stand. */
    private static final class Part {
        private final NewBatch batch;
        private final int payloadCrc;

        private @Nullable ShardTail tail;
        private @Nullable Segment segment;
        private int position;
        private long firstIndex;
        private long timeMillis;

        Part(NewBatch batch) {
            if (batch.payload().remaining() > Frame.MAX_PAYLOAD) {
                throw new IllegalArgumentException("a batch has at most " + Frame.MAX_PAYLOAD + " bytes, not "
                        + batch.payload().remaining());
            }
            this.batch = batch;
            this.payloadCrc = Frame.crc(batch.payload());
        }

        void write(LogWriter writer) throws IOException {
            ShardTail found = writer.tail(batch.shard());
            if (found.isSealed()) {
                return;
            }
            tail = found;
            segment = writer.segments().room(batch.payload().remaining());
            timeMillis = Math.max(writer.now(), found.lastTimeMillis());
            firstIndex = found.take(batch.count(), timeMillis);
            position = writer.segments()
                    .append(new Frame(
                            FrameKind.RECORDS,
                            batch.shard(),
                            firstIndex,
                            timeMillis,
                            batch.count(),
                            payloadCrc,
                            batch.payload()));
        }

        void publish(LogWriter writer) {
            if (segment != null && tail != null) {
                writer.publish(
                        segment, tail, new LogBatch(firstIndex, batch.count(), timeMillis, batch.payload()), position);
            }
        }

        AppendOutcome outcome() {
            return segment == null ? new AppendOutcome.Sealed() : new AppendOutcome.Appended(firstIndex, timeMillis);
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
                var unused = writer.segments().room(0);
                sealed.close();
                var unusedPlace = writer.segments()
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
