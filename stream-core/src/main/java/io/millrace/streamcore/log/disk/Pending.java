package io.millrace.streamcore.log.disk;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.log.AppendOutcome;
import io.millrace.streamcore.log.LogBatch;
import io.millrace.streamcore.log.LogException;
import io.millrace.streamcore.log.ShardBounds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Something that waits for the writer. Made by any thread, then the writer's alone: it is written with its group, and
 * once the group is durable it is published and completed.
 */
abstract sealed class Pending {
    final int shard;

    private Pending(int shard) {
        if (shard < 0) {
            throw new IllegalArgumentException("a shard's number is not negative: " + shard);
        }
        this.shard = shard;
    }

    /** Adds the bytes to the group. */
    abstract void write(LogWriter writer) throws IOException;

    /** The group is durable: lets readers see it. */
    abstract void publish(LogWriter writer);

    /** Tells whoever waits. */
    abstract void complete();

    /** Tells whoever waits that it is not to be. */
    abstract void fail(LogException error);

    /** A batch to append. */
    static final class Append extends Pending {
        private final int count;
        private final ByteBuffer payload;
        private final int payloadCrc;
        private final CompletableFuture<AppendOutcome> done = new CompletableFuture<>();

        private @Nullable Segment segment;
        private int position;
        private long firstIndex;
        private long timeMillis;

        Append(int shard, int count, ByteBuffer payload) {
            super(shard);
            if (count < 1 || payload.remaining() > Frame.MAX_PAYLOAD) {
                throw new IllegalArgumentException("a batch has at least one record and at most " + Frame.MAX_PAYLOAD
                        + " bytes, not " + count + " and " + payload.remaining());
            }
            this.count = count;
            this.payload = payload.duplicate();
            this.payloadCrc = Frame.crc(payload);
        }

        CompletableFuture<AppendOutcome> done() {
            return done;
        }

        @Override
        void write(LogWriter writer) throws IOException {
            ShardTail tail = writer.tail(shard);
            if (tail.isSealed()) {
                return;
            }
            segment = writer.segments().room(payload.remaining());
            timeMillis = Math.max(writer.now(), tail.lastTimeMillis());
            firstIndex = tail.take(count, timeMillis);
            position = writer.segments()
                    .append(new Frame(FrameKind.RECORDS, shard, firstIndex, timeMillis, count, payloadCrc, payload));
        }

        @Override
        void publish(LogWriter writer) {
            if (segment != null) {
                LogBatch batch = new LogBatch(firstIndex, count, timeMillis, payload);
                writer.publish(segment, writer.tail(shard), batch, position);
            }
        }

        @Override
        void complete() {
            done.complete(
                    segment == null ? new AppendOutcome.Sealed() : new AppendOutcome.Appended(firstIndex, timeMillis));
        }

        @Override
        void fail(LogException error) {
            done.completeExceptionally(error);
        }
    }

    /** The end of a shard. */
    static final class Seal extends Pending {
        private final CompletableFuture<ShardBounds> done = new CompletableFuture<>();
        private @Nullable ShardTail tail;

        Seal(int shard) {
            super(shard);
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
