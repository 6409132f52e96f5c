package io.millrace.consumer.delivery;

/** Decides when records count as processed, so that their checkpoint may be saved. */
public enum CheckpointMode {
    /** When {@code processRecords} has returned from them, or the processor has said so. */
    AUTOMATIC,
    /**
     * Only when the processor has said so through its checkpointer. {@code shardEnded} must checkpoint too; it is called
     * again until it has.
     */
    MANUAL
}
