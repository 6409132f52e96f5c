package io.millrace.multilang.child;

/** A child is of no use any more; the message is one line that says why, without anything of what it wrote. */
public final class ChildFailedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** A failure of this message. */
    public ChildFailedException(String message) {
        super(message);
    }
}
