package io.millrace.clients.kcl;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
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

/** Prints each record of one shard and what happens to the shard; checkpoints after each batch. */
final class PrintingProcessor implements ShardRecordProcessor {
    /** Set when the library gives the shard. */
    private @Nullable String shard;

    @Override
    public void initialize(InitializationInput input) {
        shard = input.shardId();
        Lines.print(
                "initialized",
                "shard",
                shard(),
                "from",
                input.extendedSequenceNumber().sequenceNumber());
    }

    @Override
    public void processRecords(ProcessRecordsInput input) {
        for (KinesisClientRecord record : input.records()) {
            Lines.print(
                    "record",
                    "shard",
                    shard(),
                    "key",
                    record.partitionKey(),
                    "sequence",
                    record.sequenceNumber(),
                    "sub",
                    Long.toString(record.subSequenceNumber()),
                    "data",
                    StandardCharsets.UTF_8.decode(record.data()).toString());
        }
        if (!input.records().isEmpty()) {
            checkpoint(input.checkpointer());
        }
    }

    @Override
    public void leaseLost(LeaseLostInput input) {
        Lines.print("lease-lost", "shard", shard());
    }

    @Override
    public void shardEnded(ShardEndedInput input) {
        checkpoint(input.checkpointer());
        Lines.print("shard-ended", "shard", shard());
    }

    @Override
    public void shutdownRequested(ShutdownRequestedInput input) {
        checkpoint(input.checkpointer());
        Lines.print("shutdown-requested", "shard", shard());
    }

    private String shard() {
        return requireNonNull(shard, "the library initializes first");
    }

    private static void checkpoint(RecordProcessorCheckpointer checkpointer) {
        try {
            checkpointer.checkpoint();
        } catch (InvalidStateException | ShutdownException e) {
            throw new IllegalStateException("cannot checkpoint", e);
        }
    }
}
