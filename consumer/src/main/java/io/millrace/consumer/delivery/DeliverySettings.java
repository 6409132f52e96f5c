package io.millrace.consumer.delivery;

import static java.util.Objects.requireNonNull;

import io.millrace.model.StreamRecord;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * How records reach the processors of one worker.
 *
 * @param lanes how many processors share a shard, each with its own partition keys; 1 to 256
 * @param batching how many records come at once
 * @param checkpoints when records count as processed
 * @param failures what becomes of records that cannot be processed
 * @param openRecords how many records of a shard may be in the lanes at once before the slowest of them must catch up; from
 *     1 on. With one lane a single batch is
 * @param isInterruptWanted true if the thread of a running call is interrupted when the shard's lease is lost
 * @param filterOrNull says which records processors get; the others count as processed. Absent if they get all
 */
public record DeliverySettings(
        int lanes,
        Batching batching,
        CheckpointMode checkpoints,
        FailurePolicy failures,
        int openRecords,
        boolean isInterruptWanted,
        @Nullable Predicate<StreamRecord> filterOrNull) {
    /** One lane, automatic checkpoints, retries for ever. */
    public static final DeliverySettings DEFAULT = new DeliverySettings(
            1, Batching.DEFAULT, CheckpointMode.AUTOMATIC, FailurePolicy.retryForever(), 10_000, false, null);

    /** Checks the bounds. */
    public DeliverySettings {
        requireNonNull(batching, "batching");
        requireNonNull(checkpoints, "checkpoints");
        requireNonNull(failures, "failures");
        if (lanes < 1 || lanes > 256) {
            throw new IllegalArgumentException("lanes is 1 to 256, not " + lanes);
        }
        if (openRecords < 1) {
            throw new IllegalArgumentException("maxOpenRecords is at least 1, not " + openRecords);
        }
    }

    /** True if only the processor says what may be saved. */
    public boolean isManual() {
        return checkpoints == CheckpointMode.MANUAL;
    }

    /** The same with this many lanes. */
    public DeliverySettings withLanes(int number) {
        return new DeliverySettings(
                number, batching, checkpoints, failures, openRecords, isInterruptWanted, filterOrNull);
    }

    /** The same with batches of this kind. */
    public DeliverySettings withBatching(Batching other) {
        return new DeliverySettings(lanes, other, checkpoints, failures, openRecords, isInterruptWanted, filterOrNull);
    }

    /** The same with checkpoints of this mode. */
    public DeliverySettings withCheckpoints(CheckpointMode mode) {
        return new DeliverySettings(lanes, batching, mode, failures, openRecords, isInterruptWanted, filterOrNull);
    }

    /** The same with this policy. */
    public DeliverySettings withFailures(FailurePolicy policy) {
        return new DeliverySettings(lanes, batching, checkpoints, policy, openRecords, isInterruptWanted, filterOrNull);
    }

    /** The same with this many records in the lanes of a shard at most. */
    public DeliverySettings withOpenRecords(int most) {
        return new DeliverySettings(lanes, batching, checkpoints, failures, most, isInterruptWanted, filterOrNull);
    }

    /** The same with or without interrupts. */
    public DeliverySettings withInterrupts(boolean wanted) {
        return new DeliverySettings(lanes, batching, checkpoints, failures, openRecords, wanted, filterOrNull);
    }

    /** The same for those records alone that {@code filter} takes. */
    public DeliverySettings withFilter(Predicate<StreamRecord> filter) {
        return new DeliverySettings(lanes, batching, checkpoints, failures, openRecords, isInterruptWanted, filter);
    }
}
