package io.millrace.multilang.child;

/** A child is of no use any more; the message is one line that says why, without anything of what it wrote. */
public final class ChildFailedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final boolean isTold;

    /**
     * A failure of this message.
     *
     * @param isTold true if the action that fails with it was sent to the child, and may have made it fail
     */
    public ChildFailedException(String message, boolean isTold) {
        super(message);
        this.isTold = isTold;
    }

    /**
     * True if the action was sent to the child and may have made it fail; otherwise no child ever saw it, or another shard of the same
     * process is at fault.
     */
    public boolean isTold() {
        return isTold;
    }
}
