package io.millrace.dynamodblocal;

import org.jspecify.annotations.Nullable;

/** DynamoDB Local cannot run; the message is one line that says why and what to do. */
public final class DynamoDbLocalException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DynamoDbLocalException(String message) {
        this(message, null);
    }

    DynamoDbLocalException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
