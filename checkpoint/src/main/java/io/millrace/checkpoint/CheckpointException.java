package io.millrace.checkpoint;

import org.jspecify.annotations.Nullable;

/** The root of what checkpointing throws; the message is one line that says what to do. */
public abstract sealed class CheckpointException extends RuntimeException
        permits LeaseLostException, CheckpointFailedException {
    private static final long serialVersionUID = 1L;

    CheckpointException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
