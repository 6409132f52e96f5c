package io.millrace.systemtests.process;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;

/**
 * Puts numbered records on a thread of its own until told to finish, never more than a bounded number ahead of those who
 * process them: so the stream always has news, and never a backlog that hides what is going on.
 */
final class SteadyProducer {
    private static final int BATCH = 100;
    private static final int AHEAD = 4_000;

    private final KinesisAsyncClient kinesis;
    private final String stream;
    private final int atLeast;
    private final Semaphore room = new Semaphore(AHEAD);
    private final CompletableFuture<Set<String>> put = new CompletableFuture<>();
    private volatile boolean finishing;

    SteadyProducer(KinesisAsyncClient kinesis, String stream, int atLeast) {
        this.kinesis = kinesis;
        this.stream = stream;
        this.atLeast = atLeast;
    }

    void start() {
        Thread thread = new Thread(() -> {
            try {
                put.complete(run());
            } catch (Throwable e) {
                put.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    /** A record was processed for the first time. */
    void onProcessed() {
        room.release();
    }

    /** Puts what is missing to the least number, then says what was put. */
    Set<String> finish() {
        finishing = true;
        return put.orTimeout(120, TimeUnit.SECONDS).join();
    }

    private Set<String> run() throws InterruptedException {
        Set<String> ids = new HashSet<>();
        while (!finishing || ids.size() < atLeast) {
            // With a limit, so that a finish is seen even when nobody processes anything.
            if (room.tryAcquire(BATCH, 100, TimeUnit.MILLISECONDS)) {
                putBatch(ids);
            }
        }
        return ids;
    }

    private void putBatch(Set<String> ids) {
        List<PutRecordsRequestEntry> entries = new ArrayList<>();
        for (int i = 0; i < BATCH; i++) {
            String id = "record-" + ids.size();
            ids.add(id);
            entries.add(PutRecordsRequestEntry.builder()
                    .partitionKey(id)
                    .data(LocalClients.utf8(id))
                    .build());
        }
        int failed = kinesis.putRecords(request -> request.streamName(stream).records(entries))
                .join()
                .failedRecordCount();
        if (failed > 0) {
            throw new IllegalStateException(failed + " records were refused");
        }
    }
}
