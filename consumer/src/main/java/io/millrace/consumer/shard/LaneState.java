package io.millrace.consumer.shard;

import io.millrace.runtime.Transitions;

/** The state of one lane of a shard: of its processor and the records in its hands. {@link #TRANSITIONS} is the whole table. */
enum LaneState {
    /** No processor is made yet. */
    NEW,
    /** The processor is made, and its {@code initialize} runs. */
    INITIALIZING,
    /** {@code initialize} threw; it is called again after a pause. */
    INITIALIZE_FAILED,
    /** Waits for records. */
    READY,
    /** The processor has a batch in hand. */
    PROCESSING,
    /** {@code processRecords} threw; the same records come again after a pause. */
    BATCH_FAILED,
    /** Records that are given up are written to the letter sink. */
    WRITING_LETTERS,
    /** The letter sink threw; it is tried again after a pause. */
    LETTERS_FAILED,
    /** Records were given up, and the policy stops the shard. */
    STOPPED,
    /** The processor is told of the end. */
    CLOSING,
    /** {@code shardEnded} threw, or has not checkpointed; it is called again after a pause. */
    CLOSE_FAILED,
    /** The processor is told nothing more. */
    OVER;

    /** The whole table: each state, those that may follow it, and upon what. */
    static final Transitions<LaneState> TRANSITIONS = Transitions.table(LaneState.class)
            .from(NEW)
            .to(INITIALIZING, "the shard is begun")
            .to(OVER, "the shard is left")
            .from(INITIALIZING)
            .to(READY, "initialize returned")
            .to(INITIALIZE_FAILED, "initialize threw")
            .to(OVER, "the processor broke, or the shard is left")
            .from(INITIALIZE_FAILED)
            .to(INITIALIZING, "the pause is over")
            .to(OVER, "the shard is left")
            .from(READY)
            .to(PROCESSING, "records are due")
            .to(WRITING_LETTERS, "the records are too old")
            .to(STOPPED, "the records are too old")
            .to(CLOSING, "the shard is left or read out")
            .to(OVER, "the shard begins anew")
            .from(PROCESSING)
            .to(READY, "the records are processed")
            .to(BATCH_FAILED, "processRecords threw")
            .to(WRITING_LETTERS, "the records are given up")
            .to(STOPPED, "the records are given up")
            .to(OVER, "the processor broke")
            .from(BATCH_FAILED)
            .to(PROCESSING, "the pause is over")
            .to(READY, "the rest was checkpointed meanwhile, or is left out as too old")
            .to(WRITING_LETTERS, "the records are too old")
            .to(STOPPED, "the records are too old")
            .to(CLOSING, "the shard is left")
            .to(OVER, "the shard begins anew")
            .from(WRITING_LETTERS)
            .to(READY, "the letters are written")
            .to(LETTERS_FAILED, "the sink threw")
            .from(LETTERS_FAILED)
            .to(WRITING_LETTERS, "the pause is over")
            .to(CLOSING, "the shard is left")
            .to(OVER, "the shard begins anew")
            .from(STOPPED)
            .to(CLOSING, "the shard is left")
            .to(OVER, "the shard begins anew")
            .from(CLOSING)
            .to(OVER, "the last call returned")
            .to(CLOSE_FAILED, "shardEnded threw, or returned without a checkpoint")
            .from(CLOSE_FAILED)
            .to(CLOSING, "the pause is over, or the shard is left")
            .to(OVER, "the shard begins anew")
            .build();
}
