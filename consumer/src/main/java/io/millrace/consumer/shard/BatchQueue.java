package io.millrace.consumer.shard;

import io.millrace.consumer.delivery.Batching;
import io.millrace.fanout.SourceBatch;
import io.millrace.model.RecordPosition;
import io.millrace.model.StreamRecord;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The records that wait for one lane, and how they become batches. No clock, no thread; belongs to the loop of its lane. */
final class BatchQueue {
    private final Batching batching;
    private final Deque<Piece> pieces = new ArrayDeque<>();
    private int records;
    private long bytes;

    BatchQueue(Batching batching) {
        this.batching = batching;
    }

    /** Records that came together, of which the first {@code given} have left. */
    private static final class Piece {
        private final List<StreamRecord> records;
        private final long behind;
        private final long tick;
        private int given;

        Piece(List<StreamRecord> records, long behind, long tick) {
            this.records = records;
            this.behind = behind;
            this.tick = tick;
        }

        int left() {
            return records.size() - given;
        }

        StreamRecord next() {
            return records.get(given);
        }
    }

    /** Adds records that came at {@code tick}; at least one. */
    void add(List<StreamRecord> more, long millisBehindLatest, long tick) {
        pieces.add(new Piece(more, millisBehindLatest, tick));
        records += more.size();
        bytes += bytesOf(more);
    }

    boolean isEmpty() {
        return pieces.isEmpty();
    }

    /** The record that leaves next. */
    Optional<StreamRecord> first() {
        return Optional.ofNullable(pieces.peek()).map(Piece::next);
    }

    /** True if there are as many records as a batch may have. */
    boolean isFull() {
        return records >= batching.records() || bytes >= batching.bytes();
    }

    /** When the first record came, in ticks; there must be one. */
    long since() {
        return pieces.element().tick;
    }

    /**
     * Takes the next batch.
     *
     * @param upTo the last record that may be taken; absent if all may be
     * @return empty if there is nothing that may be taken
     */
    Optional<SourceBatch> take(@Nullable RecordPosition upTo) {
        Piece first = pieces.peek();
        if (first == null || isBeyond(first.next(), upTo)) {
            return Optional.empty();
        }
        if (first.given == 0 && fitsWhole(first, upTo)) {
            pieces.remove();
            return Optional.of(taken(first.records, first.behind));
        }
        List<StreamRecord> batch = new ArrayList<>();
        long behind = first.behind;
        long size = 0;
        for (Piece next = first; next != null; next = pieces.peek()) {
            StreamRecord record = next.next();
            if (isFull(batch, size, record) || isBeyond(record, upTo)) {
                break;
            }
            batch.add(record);
            size += record.data().size();
            behind = next.behind;
            next.given++;
            if (next.left() == 0) {
                pieces.remove();
            }
        }
        return Optional.of(taken(batch, behind));
    }

    private boolean isFull(List<StreamRecord> batch, long size, StreamRecord next) {
        return !batch.isEmpty()
                && (batch.size() >= batching.records() || size + next.data().size() > batching.bytes());
    }

    /** True where {@code piece} is a batch as it is: the common case, in which nothing is copied. */
    private boolean fitsWhole(Piece piece, @Nullable RecordPosition upTo) {
        boolean isAlone = pieces.size() == 1 || piece.records.size() >= batching.records();
        return isAlone
                && piece.records.size() <= batching.records()
                && (batching.bytes() == Long.MAX_VALUE || bytesOf(piece.records) <= batching.bytes())
                && !isBeyond(piece.records.get(piece.records.size() - 1), upTo);
    }

    private static boolean isBeyond(StreamRecord record, @Nullable RecordPosition upTo) {
        return upTo != null && record.position().compareTo(upTo) > 0;
    }

    private SourceBatch taken(List<StreamRecord> batch, long behind) {
        records -= batch.size();
        bytes -= bytesOf(batch);
        // The weight of the records is counted where they were read.
        return new SourceBatch(batch, behind, 0);
    }

    /** Counted only where it matters. */
    private long bytesOf(List<StreamRecord> some) {
        return batching.bytes() == Long.MAX_VALUE
                ? 0
                : some.stream().mapToLong(record -> record.data().size()).sum();
    }

    void clear() {
        pieces.clear();
        records = 0;
        bytes = 0;
    }
}
