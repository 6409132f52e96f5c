package io.millrace.streamcore.api.call;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Answers requests. Safe for any thread; never blocks. A future fails with an {@link OutOfMemoryError} alone: whatever else
 * goes wrong is an answer.
 */
@FunctionalInterface
public interface ApiHandler extends Function<ApiRequest, CompletableFuture<ApiAnswer>> {
    /**
     * Looks at a request before its body is kept, and once more before a packed body is unpacked.
     *
     * @param begun with no body, when there will be one but only the header is here; else with a body as it was sent
     * @return the answer, where what is here decides it, whatever else will come; empty where the rest counts
     */
    default Optional<ApiAnswer> look(ApiRequest begun) {
        return Optional.empty();
    }
}
