package io.millrace.consumer.processor;

import io.millrace.checkpoint.Checkpointer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The user's code for one shard, or for one lane of it, where the work is done elsewhere: a call is over when its stage
 * completes, and holds no thread until then. Order, retries and the meaning of each call are those of
 * {@link RecordProcessor}; a stage that completes exceptionally counts as a call that threw, and so does a method that throws
 * or returns null.
 *
 * <p>The methods themselves are called on threads that may block. A stage may complete on any thread.
 */
@FunctionalInterface
public interface AsyncRecordProcessor {
    /** The shard is ours; see {@link RecordProcessor#initialize}. */
    default CompletionStage<?> initialize(ShardContext shard) {
        return CompletableFuture.completedFuture(null);
    }

    /** Processes records, in order; see {@link RecordProcessor#processRecords}. The next ones come when the stage completes. */
    CompletionStage<?> processRecords(RecordBatch batch);

    /**
     * Tells that the processor is of no use any more while no call of it is under way, such as when the process died that it works
     * with. Once the stage completes, in whatever way, the processor is thrown away as if a call had thrown a
     * {@link ProcessorBrokenException}. While a call is under way, and after the processor was told of an end, nothing follows from
     * it. Asked for once, right after {@link #initialize} has returned its stage.
     */
    default CompletionStage<?> broken() {
        return new CompletableFuture<>();
    }

    /** The lease is gone; see {@link RecordProcessor#leaseLost}. */
    default CompletionStage<?> leaseLost() {
        return CompletableFuture.completedFuture(null);
    }

    /** Every record of the closed shard is processed; see {@link RecordProcessor#shardEnded}. */
    default CompletionStage<?> shardEnded(Checkpointer checkpointer) {
        return CompletableFuture.completedFuture(null);
    }

    /** The shard goes to another worker; see {@link RecordProcessor#shutdownRequested}. */
    default CompletionStage<?> shutdownRequested(Checkpointer checkpointer) {
        return CompletableFuture.completedFuture(null);
    }
}
