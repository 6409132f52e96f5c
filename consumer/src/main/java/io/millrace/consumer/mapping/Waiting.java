package io.millrace.consumer.mapping;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Waits for answers of services, on threads that may block. */
final class Waiting {
    private Waiting() {}

    /** The answer; what fails is the SDK's own exception, after the SDK's own tries. */
    static <T> T on(CompletableFuture<T> answer) throws Exception {
        try {
            return answer.get();
        } catch (ExecutionException failure) {
            throw failure.getCause() instanceof Exception cause ? cause : failure;
        }
    }
}
