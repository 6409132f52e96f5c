package io.millrace.consumer.mapping;

import io.millrace.consumer.processor.ShardContext;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A function that processes batches of a shard's records, as AWS Lambda calls one. There is one for every lane of a shard. Its methods
 * are called one at a time, on threads that may block; stages may complete on any thread. A stage that completes exceptionally is a
 * function that failed, and so is a method that throws.
 */
@FunctionalInterface
public interface BatchFunction {
    /** Called once, before the first invocation. Called again after a pause if it fails. */
    default CompletionStage<?> start(ShardContext shard) {
        return CompletableFuture.completedFuture(null);
    }

    /** Processes a batch. After a failure the same records come again, as the mapping has it. */
    CompletionStage<BatchAnswer> invoke(Invocation invocation);

    /** Called once, at the end: the shard is left, or read out. */
    default CompletionStage<?> end() {
        return CompletableFuture.completedFuture(null);
    }
}
