package io.millrace.checkpoint;

import org.jspecify.annotations.Nullable;

/** It is not known whether the checkpoint was saved: the wait for it was interrupted, or the worker was stopping. */
public final class CheckpointFailedException extends CheckpointException {
    private static final long serialVersionUID = 1L;

    /** A failure of this message and cause. */
    public CheckpointFailedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
