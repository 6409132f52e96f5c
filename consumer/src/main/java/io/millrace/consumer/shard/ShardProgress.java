package io.millrace.consumer.shard;

import io.millrace.checkpoint.ShardCheckpoints;
import io.millrace.consumer.delivery.DeliverySettings;
import io.millrace.fanout.SourceBatch;
import io.millrace.model.Checkpoint;
import io.millrace.model.RecordPosition;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * How far a shard has come: moves the watermark of the open records, the checkpoint and the shown lag together. Belongs to the
 * worker's event loop.
 */
final class ShardProgress {
    private final DeliverySettings delivery;
    private final ShardCheckpoints checkpoints;
    private final ShardStatus status;
    private final Consumer<SourceBatch> release;
    private final Window window = new Window();
    private long behind;

    /** Nothing is open. Batches that are done with go to {@code release}. */
    ShardProgress(
            DeliverySettings delivery,
            ShardCheckpoints checkpoints,
            ShardStatus status,
            Consumer<SourceBatch> release) {
        this.delivery = delivery;
        this.checkpoints = checkpoints;
        this.status = status;
        this.release = release;
    }

    /** The source gave {@code batch} out. */
    void took(SourceBatch batch) {
        behind = batch.millisBehindLatest();
        window.took(batch);
        window.first().ifPresent(first -> status.received(first.arrival(), behind));
    }

    /** A read found nothing. */
    void nothingFound(long millisBehindLatest) {
        behind = millisBehindLatest;
        if (window.open() == 0) {
            status.behind(millisBehindLatest);
        }
    }

    /** True while more records may be taken. */
    boolean hasRoom() {
        return window.open() < delivery.openRecords();
    }

    /**
     * Moves on up to the first record that some lane is not done with, or beyond all where there is none.
     *
     * @param lanes all lanes of the shard
     * @return true if that was a step
     */
    boolean settle(Lanes lanes) {
        int before = window.open();
        Optional<RecordPosition> watermark = window.settle(lanes.oldestOpen(), release);
        if (watermark.isPresent()
                && (!delivery.isManual() || delivery.lanes() > 1 || hasDeclaredAllButFiltered(lanes))) {
            checkpoints.delivered(watermark.get());
            checkpoints.processed(watermark.get());
        }
        window.first().ifPresentOrElse(first -> status.oldest(first.arrival()), () -> status.behind(behind));
        return window.open() < before;
    }

    /** True if what is done with and was not declared is what the filter left out, or what was given up beside it. */
    private boolean hasDeclaredAllButFiltered(Lanes lanes) {
        return delivery.filterOrNull() != null && lanes.all(lane -> !awaitsDeclaration(lane));
    }

    /** The processor of the only lane declared everything up to {@code last} processed. */
    void declared(RecordPosition last) {
        if (delivery.lanes() == 1) {
            checkpoints.processed(last);
        }
    }

    /** True if {@code lane}'s processor has yet to declare something that it returned from. */
    boolean awaitsDeclaration(Lane lane) {
        if (!delivery.isManual()) {
            return false;
        }
        return delivery.lanes() > 1
                ? !lane.hasDeclaredAll()
                : lane.returnedFrom()
                        .filter(last -> Checkpoint.processed(last).isAfter(checkpoints.processed()))
                        .isPresent();
    }

    /** Nothing is open any more, because the source is gone. */
    void clear() {
        window.clear();
    }
}
