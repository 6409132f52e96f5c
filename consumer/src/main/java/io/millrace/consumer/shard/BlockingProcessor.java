package io.millrace.consumer.shard;

import io.millrace.checkpoint.Checkpointer;
import io.millrace.consumer.processor.AsyncRecordProcessor;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.consumer.processor.RecordProcessor;
import io.millrace.consumer.processor.ShardContext;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A processor whose calls are over when they return, as one whose calls are over when their stage completes. */
public final class BlockingProcessor implements AsyncRecordProcessor {
    private static final CompletionStage<Void> OVER = CompletableFuture.completedFuture(null);

    private final RecordProcessor processor;

    /** Calls {@code processor}. */
    public BlockingProcessor(RecordProcessor processor) {
        this.processor = processor;
    }

    @Override
    public CompletionStage<?> initialize(ShardContext shard) {
        return over(() -> processor.initialize(shard));
    }

    @Override
    public CompletionStage<?> processRecords(RecordBatch batch) {
        return over(() -> processor.processRecords(batch));
    }

    @Override
    public CompletionStage<?> leaseLost() {
        return over(processor::leaseLost);
    }

    @Override
    public CompletionStage<?> shardEnded(Checkpointer checkpointer) {
        return over(() -> processor.shardEnded(checkpointer));
    }

    @Override
    public CompletionStage<?> shutdownRequested(Checkpointer checkpointer) {
        return over(() -> processor.shutdownRequested(checkpointer));
    }

    private static CompletionStage<?> over(Call call) {
        try {
            call.run();
            return OVER;
        } catch (Throwable thrown) {
            return CompletableFuture.failedFuture(thrown);
        }
    }

    /** Code that may throw anything. */
    private interface Call {
        void run() throws Exception;
    }
}
