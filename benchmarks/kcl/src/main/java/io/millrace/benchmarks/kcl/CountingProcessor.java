package io.millrace.benchmarks.kcl;

import io.millrace.benchmarks.delivery.Tally;
import java.time.Duration;
import software.amazon.kinesis.exceptions.InvalidStateException;
import software.amazon.kinesis.exceptions.ShutdownException;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.processor.RecordProcessorCheckpointer;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.retrieval.KinesisClientRecord;

/** Counts the records of one shard and checkpoints once a second at most, as a Millrace worker does. */
final class CountingProcessor implements ShardRecordProcessor {
    private static final long CHECKPOINT_NANOS = Duration.ofSeconds(1).toNanos();

    private final Tally tally;
    private long savedAt = System.nanoTime();

    CountingProcessor(Tally tally) {
        this.tally = tally;
    }

    @Override
    public void initialize(InitializationInput input) {
        tally.shardBegun();
    }

    @Override
    public void processRecords(ProcessRecordsInput input) {
        for (KinesisClientRecord record : input.records()) {
            tally.processed(record.data());
        }
        tally.processed(input.records().size());
        if (!input.records().isEmpty() && System.nanoTime() - savedAt >= CHECKPOINT_NANOS) {
            checkpoint(input.checkpointer());
            savedAt = System.nanoTime();
        }
    }

    @Override
    public void leaseLost(LeaseLostInput input) {}

    @Override
    public void shardEnded(ShardEndedInput input) {
        checkpoint(input.checkpointer());
    }

    @Override
    public void shutdownRequested(ShutdownRequestedInput input) {
        checkpoint(input.checkpointer());
    }

    private static void checkpoint(RecordProcessorCheckpointer checkpointer) {
        try {
            checkpointer.checkpoint();
        } catch (InvalidStateException | ShutdownException e) {
            throw new IllegalStateException("cannot checkpoint", e);
        }
    }
}
