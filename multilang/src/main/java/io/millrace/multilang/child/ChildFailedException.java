package io.millrace.multilang.child;

/** A child is of no use any more; the message is one line that says why, without anything of what it wrote. */
public final class ChildFailedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final boolean isTold;

    /**
     * A failure of this message.
     *
     * @param isTold true if the action that fails with it was sent to the child
     */
    public ChildFailedException(String message, boolean isTold) {
        super(message);
        this.isTold = isTold;
    }

    /** True if the action was sent to the child; otherwise no child ever saw it. */
    public boolean isTold() {
        return isTold;
    }
}
