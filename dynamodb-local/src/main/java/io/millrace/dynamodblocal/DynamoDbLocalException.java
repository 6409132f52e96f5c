package io.millrace.dynamodblocal;

import org.jspecify.annotations.Nullable;

/** DynamoDB Local cannot run; the message is one line that says why and what to do. */
public final class DynamoDbLocalException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean isPortTaken;

    DynamoDbLocalException(String message) {
        this(message, null);
    }

    DynamoDbLocalException(String message, @Nullable Throwable cause) {
        this(message, cause, false);
    }

    private DynamoDbLocalException(String message, @Nullable Throwable cause, boolean isPortTaken) {
        super(message, cause);
        this.isPortTaken = isPortTaken;
    }

    static DynamoDbLocalException portTaken(String message) {
        return new DynamoDbLocalException(message, null, true);
    }

    /** True when another port would do. */
    public boolean isPortTaken() {
        return isPortTaken;
    }
}
