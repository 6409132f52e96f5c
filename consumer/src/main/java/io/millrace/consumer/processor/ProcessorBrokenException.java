package io.millrace.consumer.processor;

import org.jspecify.annotations.Nullable;

/**
 * Says that the processor itself is of no use any more, such as after the process died that it worked with. Thrown from any of
 * its calls, it has the processor thrown away. After a pause a new one is made and initialized, and reading goes back to the
 * checkpoint. The other lanes of the shard begin anew with it.
 */
public final class ProcessorBrokenException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** A processor is of no use, because of {@code message}, which may be logged, and {@code cause}. */
    public ProcessorBrokenException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
