package io.millrace.cli.streams;

import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.Pause;
import io.millrace.cli.terminal.TimeLimits;
import io.millrace.model.Bytes;
import io.millrace.runtime.Backoff;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.random.RandomGenerator;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

/**
 * Puts records in batches and keeps the order of each key, though the service may refuse any record of a batch: a batch
 * holds at most one record of a key, the oldest that is not put yet, and a refused record stays the oldest. So that
 * batches are large all the same, a few thousand records wait at a time. Blocks; for one thread.
 */
public final class BatchWriter {
    private static final int BATCH_RECORDS = 500;
    private static final int BATCH_BYTES = 4 << 20;
    private static final int WAITING_RECORDS = 10_000;
    private static final int WAITING_BYTES = 16 << 20;
    private static final int TRIES = 12;
    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));

    private final KinesisAsyncClient kinesis;
    private final String stream;
    private final RandomGenerator random;
    private final BiConsumer<String, String> acknowledged;
    private final Map<String, ArrayDeque<Bytes>> waiting = new LinkedHashMap<>();
    private final Map<String, Long> putPerShard = new TreeMap<>();
    private int waitingRecords;
    private long waitingBytes;
    private long records;
    private long bytes;
    private long refusals;
    private int triesInVain;

    /**
     * Puts into {@code stream}.
     *
     * @param acknowledged is told the key and the shard of each record that was put
     */
    public BatchWriter(
            KinesisAsyncClient kinesis,
            String stream,
            RandomGenerator random,
            BiConsumer<String, String> acknowledged) {
        this.kinesis = kinesis;
        this.stream = stream;
        this.random = random;
        this.acknowledged = acknowledged;
    }

    /** Takes a record over; it is put now or later. */
    public void add(String key, Bytes data) {
        waiting.computeIfAbsent(key, unused -> new ArrayDeque<>()).add(data);
        waitingRecords++;
        waitingBytes += data.size();
        while (waitingRecords >= WAITING_RECORDS || waitingBytes >= WAITING_BYTES || waiting.size() >= BATCH_RECORDS) {
            putBatch();
        }
    }

    /** Puts all that was taken over. */
    public void drain() {
        while (waitingRecords > 0) {
            putBatch();
        }
    }

    /** How many records were put. */
    public long records() {
        return records;
    }

    /** How many bytes of data were put. */
    public long bytes() {
        return bytes;
    }

    /** How often the service refused a record for the moment. */
    public long refusals() {
        return refusals;
    }

    /** How many records went to which shard. */
    public Map<String, Long> putPerShard() {
        return Map.copyOf(putPerShard);
    }

    private void putBatch() {
        List<String> keys = new ArrayList<>();
        List<PutRecordsRequestEntry> entries = new ArrayList<>();
        int size = 0;
        for (Map.Entry<String, ArrayDeque<Bytes>> queue : waiting.entrySet()) {
            Bytes data = queue.getValue().element();
            size += data.size() + queue.getKey().length();
            if (!entries.isEmpty() && (entries.size() == BATCH_RECORDS || size > BATCH_BYTES)) {
                break;
            }
            keys.add(queue.getKey());
            entries.add(PutRecordsRequestEntry.builder()
                    .partitionKey(queue.getKey())
                    .data(SdkBytes.fromByteBuffer(data.asByteBuffer()))
                    .build());
        }
        PutRecordsResponse answer = kinesis.putRecords(request ->
                        request.streamName(stream).records(entries).overrideConfiguration(TimeLimits.MANY_RECORDS))
                .join();
        int refused = take(keys, answer.records());
        triesInVain = refused == keys.size() ? triesInVain + 1 : 0;
        if (triesInVain == TRIES) {
            throw CommandFailure.failed("stream " + stream + " takes no more records: "
                    + answer.records().get(0).errorMessage());
        }
        if (refused > 0) {
            Pause.of(BACKOFF.delay(Math.max(1, triesInVain), random));
        }
    }

    private int take(Collection<String> keys, List<PutRecordsResultEntry> results) {
        int refused = 0;
        int i = 0;
        for (String key : keys) {
            PutRecordsResultEntry result = results.get(i++);
            if (result.errorCode() != null) {
                refused++;
                continue;
            }
            ArrayDeque<Bytes> queue = waiting.getOrDefault(key, new ArrayDeque<>());
            int size = queue.remove().size();
            if (queue.isEmpty()) {
                waiting.remove(key);
            }
            waitingRecords--;
            waitingBytes -= size;
            records++;
            bytes += size;
            putPerShard.merge(result.shardId(), 1L, Long::sum);
            acknowledged.accept(key, result.shardId());
        }
        refusals += refused;
        return refused;
    }
}
