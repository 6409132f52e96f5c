package io.millrace.systemtests.clients;

import io.millrace.consumer.Worker;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.model.ShardId;
import io.millrace.model.StreamRecord;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Semaphore;

/**
 * A worker as a process of its own that hands out seven records at a time. It prints {@code record} for each of a batch, then
 * {@code batch}, waits for a line on its standard input, and prints {@code saved} once the batch is checkpointed. Arguments: the
 * stream, and the worker's name. Leaves when its standard input ends.
 */
final class PacedWorker {
    private static final Semaphore TURNS = new Semaphore(0);

    private PacedWorker() {}

    public static void main(String[] args) throws IOException {
        try (Worker worker = Worker.builder().application("paced").stream(args[0])
                .workerName(args[1])
                .failoverTime(Duration.ofSeconds(2))
                .maxRecordsPerBatch(7)
                .processor(() -> PacedWorker::process)
                .build()) {
            worker.start();
            BufferedReader turns = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            while (turns.readLine() != null) {
                TURNS.release();
            }
            TURNS.release(1_000);
        }
    }

    private static void process(RecordBatch batch) throws InterruptedException {
        ShardId shard = batch.shard().shard();
        batch.records().forEach(record -> print("record", shard, record));
        StreamRecord last = batch.records().get(batch.records().size() - 1);
        print("batch", shard, last);
        TURNS.acquire();
        batch.checkpointer().checkpoint();
        print("saved", shard, last);
    }

    private static synchronized void print(String event, ShardId shard, StreamRecord record) {
        System.out.println("{\"event\":\"" + event + "\",\"shard\":\"" + shard + "\",\"place\":\""
                + record.sequenceNumber() + " " + record.subSequenceNumber() + "\",\"key\":\"" + record.partitionKey()
                + "\",\"data\":\"" + record.data().toUtf8() + "\"}");
        System.out.flush();
    }
}
