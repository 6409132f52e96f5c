package io.millrace.streamcore.log;

import org.jspecify.annotations.Nullable;

/** Storage could not do what it was asked. The text says what to do. */
public abstract sealed class LogException extends RuntimeException
        permits CorruptLogException, LogInUseException, LogFailedException, LogClosedException, LogKeyException {
    private static final long serialVersionUID = 1L;

    LogException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
