package io.millrace.systemtests.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.consumer.Worker;
import io.millrace.consumer.WorkerEvent;
import io.millrace.model.HashKeyRange;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;

/** One worker alone with more shards than most applications ever have. */
@Tag("slow")
@Timeout(300)
class ManyShardsTest {
    private static final int SHARDS = 2_000;

    @Test
    void newApplicationOverTwoThousandShardsLosesNoLeaseAndReadsAll(@TempDir Path folder) throws Exception {
        try (Services services = new Services(folder)) {
            services.createStream("many", SHARDS);
            Ledger ledger = new Ledger();
            Queue<WorkerEvent> losses = new ConcurrentLinkedQueue<>();
            putOneIntoEachShard(services, 0);
            try (Worker worker = services.worker("many", ledger::processor)
                    .failoverTime(Duration.ofSeconds(10))
                    .idleTimeBetweenReads(Duration.ofSeconds(1))
                    .listener(event -> {
                        if (event instanceof WorkerEvent.LeaseLost lost && !lost.released()) {
                            losses.add(event);
                        }
                    })
                    .build()) {
                worker.start();
                ledger.await(SHARDS, Duration.ofMinutes(2));
                // Once more, when all shards are held and their first checkpoints are being written.
                putOneIntoEachShard(services, SHARDS);
                ledger.await(2 * SHARDS, Duration.ofMinutes(1));
                assertThat(worker.health().shards()).hasSize(SHARDS);
            }
            assertThat(losses).isEmpty();
            assertThat(ledger.shards()).hasSize(SHARDS);
            assertThat(ledger.duplicates()).isZero();
        }
    }

    private static void putOneIntoEachShard(Services services, int first) throws Exception {
        List<HashKeyRange> ranges = HashKeyRange.evenly(SHARDS);
        for (int from = 0; from < SHARDS; from += 500) {
            List<PutRecordsRequestEntry> entries = new ArrayList<>();
            for (int n = from; n < from + 500; n++) {
                entries.add(PutRecordsRequestEntry.builder()
                        .partitionKey("shard-" + n)
                        .explicitHashKey(ranges.get(n).start().toString())
                        .data(SdkBytes.fromUtf8String(Integer.toString(first + n)))
                        .build());
            }
            PutRecordsResponse answer = services.kinesis
                    .putRecords(request -> request.streamName("many").records(entries))
                    .get(30, TimeUnit.SECONDS);
            assertThat(answer.failedRecordCount()).isZero();
        }
    }
}
