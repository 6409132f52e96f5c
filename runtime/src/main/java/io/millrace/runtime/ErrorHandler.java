package io.millrace.runtime;

/** Takes what a task threw and nobody caught. Must not throw. Called on the thread that ran the task. */
@FunctionalInterface
public interface ErrorHandler {
    /** Reports {@code error}, thrown by a task of {@code source}. */
    void onError(String source, Throwable error);
}
