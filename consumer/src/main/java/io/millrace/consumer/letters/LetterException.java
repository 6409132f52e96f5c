package io.millrace.consumer.letters;

/** A letter cannot be stored or read. The message is one line, says what to do, and carries no payload. */
public final class LetterException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** For this reason. */
    public LetterException(String message) {
        super(message);
    }

    /** For this reason, which {@code cause} has more on. */
    public LetterException(String message, Throwable cause) {
        super(message, cause);
    }
}
