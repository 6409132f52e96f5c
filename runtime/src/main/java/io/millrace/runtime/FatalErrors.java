package io.millrace.runtime;

import org.jspecify.annotations.Nullable;

/** Tells errors after which a component may begin afresh from those after which the whole process is in doubt. */
public final class FatalErrors {
    private static final int DEEPEST_CAUSE = 16;

    private FatalErrors() {}

    /**
     * True for an error that trying again does not mend, itself or as a cause: the JVM has no memory or is broken
     * ({@link VirtualMachineError}), or classes do not fit together ({@link LinkageError}, such as two versions of a
     * library). A stack overflow and a thread that could not be made are not: the next try may succeed.
     */
    public static boolean isFatal(Throwable error) {
        @Nullable Throwable cause = error;
        for (int depth = 0; cause != null && depth < DEEPEST_CAUSE; depth++) {
            if (cause instanceof LinkageError
                    || (cause instanceof VirtualMachineError
                            && !(cause instanceof StackOverflowError)
                            && !isForThreads(cause))) {
                return true;
            }
            cause = cause.getCause();
        }
        return false;
    }

    /** The JVM has no error type of its own for this. */
    private static boolean isForThreads(Throwable error) {
        return error instanceof OutOfMemoryError
                && String.valueOf(error.getMessage()).contains("thread");
    }
}
