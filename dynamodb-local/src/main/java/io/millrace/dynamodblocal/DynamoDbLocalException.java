package io.millrace.dynamodblocal;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** DynamoDB Local cannot run; the message is one line that says why and what to do. */
public final class DynamoDbLocalException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Remedy remedy;

    DynamoDbLocalException(String message) {
        this(message, null);
    }

    DynamoDbLocalException(String message, @Nullable Throwable cause) {
        this(message, cause, Remedy.IN_MESSAGE);
    }

    private DynamoDbLocalException(String message, @Nullable Throwable cause, Remedy remedy) {
        super(message, cause);
        this.remedy = remedy;
    }

    /** Where to find out what to do. */
    private enum Remedy {
        IN_MESSAGE,
        ANOTHER_PORT,
        IN_LOG
    }

    static DynamoDbLocalException portTaken(String message) {
        return new DynamoDbLocalException(message, null, Remedy.ANOTHER_PORT);
    }

    static DynamoDbLocalException seeLog(String message, Path log, @Nullable Throwable cause) {
        return new DynamoDbLocalException(message + "; its log is " + log, cause, Remedy.IN_LOG);
    }

    /** True when another port would do. */
    public boolean isPortTaken() {
        return remedy == Remedy.ANOTHER_PORT;
    }

    /** True when only the log says why. */
    boolean namesLog() {
        return remedy == Remedy.IN_LOG;
    }
}
