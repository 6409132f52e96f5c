package io.millrace.consumer.shard;

import io.millrace.fanout.SourceBatch;
import io.millrace.model.RecordPosition;
import io.millrace.model.StreamRecord;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The records of one shard that were taken from its source and are not done with, in the order of the shard. Lanes get done with
 * them in an order of their own; the watermark stands before the first that is open. Belongs to the worker's event loop.
 */
final class Window {
    private final Deque<SourceBatch> batches = new ArrayDeque<>();
    /** How many records of the first batch are below the watermark. */
    private int done;

    private int open;
    private @Nullable RecordPosition watermark;

    /** The source gave {@code batch} out. */
    void took(SourceBatch batch) {
        batches.add(batch);
        open += batch.records().size();
    }

    /** How many records are not below the watermark. */
    int open() {
        return open;
    }

    /** The first record that is not below the watermark. */
    Optional<StreamRecord> first() {
        return Optional.ofNullable(batches.peek()).map(batch -> batch.records().get(done));
    }

    /**
     * Moves the watermark up to the first record that is open, or beyond all records where none is.
     *
     * @param oldestOpen the first record that some lane is not done with
     * @param release takes the batches that are wholly below the watermark
     * @return the last record below the watermark; empty if there has been none yet
     */
    Optional<RecordPosition> settle(@Nullable RecordPosition oldestOpen, Consumer<SourceBatch> release) {
        for (SourceBatch first = batches.peek(); first != null; first = batches.peek()) {
            int size = first.records().size();
            int upTo = oldestOpen == null ? size : firstFrom(first, oldestOpen);
            if (upTo > done) {
                watermark = first.records().get(upTo - 1).position();
                open -= upTo - done;
                done = upTo;
            }
            if (upTo < size) {
                break;
            }
            done = 0;
            release.accept(batches.remove());
        }
        return Optional.ofNullable(watermark);
    }

    private int firstFrom(SourceBatch batch, RecordPosition position) {
        int size = batch.records().size();
        if (batch.lastRecord().position().compareTo(position) < 0) {
            return size;
        }
        int next = done;
        while (next < size && batch.records().get(next).position().compareTo(position) < 0) {
            next++;
        }
        return next;
    }

    /** Nothing is open any more, because the source is gone. */
    void clear() {
        batches.clear();
        done = 0;
        open = 0;
        watermark = null;
    }
}
