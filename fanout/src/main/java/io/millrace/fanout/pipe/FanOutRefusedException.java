package io.millrace.fanout.pipe;

/** A stream cannot be read by fan-out, and trying again does not mend it; the message is one line for the user. */
public final class FanOutRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** A refusal with this message. */
    public FanOutRefusedException(String message, Throwable cause) {
        super(message, cause);
    }

    /** A refusal with this message. */
    public FanOutRefusedException(String message) {
        super(message);
    }
}
