package io.millrace.consumer.processor;

import org.jspecify.annotations.Nullable;

/**
 * Says why records could not be processed in words that may be seen by all. Thrown from {@code processRecords} it is a failure like
 * any other, but its message stands in logs, in what workers tell of their shards, and in letters. The messages of other exceptions
 * never do, because they may quote a payload.
 */
public final class ProcessingFailedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Processing failed because of {@code message} and {@code cause}. */
    public ProcessingFailedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
