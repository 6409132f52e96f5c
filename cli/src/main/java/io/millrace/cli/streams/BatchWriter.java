package io.millrace.cli.streams;

import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.Pause;
import io.millrace.cli.terminal.Refusal;
import io.millrace.cli.terminal.TimeLimits;
import io.millrace.model.Bytes;
import io.millrace.model.HashKey;
import io.millrace.runtime.Backoff;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
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
    private static final int TRIES_UNTOLD = 2;
    private static final int WAITING_BYTES = 16 << 20;
    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));

    private final KinesisAsyncClient kinesis;
    private final String stream;
    private final RandomGenerator random;
    private final Patience patience;
    private final Stored acknowledged;
    private final Map<String, ArrayDeque<Line>> waiting = new LinkedHashMap<>();
    private final Map<String, Long> putPerShard = new TreeMap<>();
    private int waitingRecords;
    private long waitingBytes;
    private long records;
    private long bytes;
    private long refusals;
    private long added;
    private int triesInVain;
    private long progressAt;
    private boolean isWaiting;
    private int answersLost;

    /**
     * Puts into {@code stream}.
     *
     * @param patience how long nothing at all may be stored before the writer gives up
     * @param acknowledged is told of each record that was put
     */
    public BatchWriter(
            KinesisAsyncClient kinesis, String stream, RandomGenerator random, Patience patience, Stored acknowledged) {
        this.kinesis = kinesis;
        this.stream = stream;
        this.random = random;
        this.patience = patience;
        this.acknowledged = acknowledged;
    }

    /** Is told of records that were put, on the thread that puts. */
    @FunctionalInterface
    public interface Stored {
        /**
         * A record was put.
         *
         * @param number its place among all that were taken over, counted from 1
         * @param shard where it is
         */
        void put(long number, String key, String shard);
    }

    /** A record and its place among all that were taken over, counted from 1. */
    private record Line(long number, @Nullable String explicitHashKey, Bytes data) {}

    /** Takes a record over; it is put now or later. */
    public void add(String key, Bytes data) {
        add(key, Optional.empty(), data);
    }

    /** The same for one that goes where {@code explicitHashKey} says, if it is there. */
    public void add(String key, Optional<HashKey> explicitHashKey, Bytes data) {
        added++;
        waiting.computeIfAbsent(key, unused -> new ArrayDeque<>())
                .add(new Line(added, explicitHashKey.map(HashKey::toString).orElse(null), data));
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

    /**
     * Which of the records that were taken over are stored, in the order in which they were: all up to one, and perhaps
     * some after it, because a record waits for those of its key only.
     */
    public String stored() {
        long first = waiting.values().stream()
                .mapToLong(queue -> queue.element().number())
                .min()
                .orElse(added + 1);
        long last = first - 1;
        StringBuilder text = new StringBuilder(
                last == 0 ? "no line is stored" : "line " + last + " is the last up to which all are stored");
        if (records > last) {
            text.append(last == 0 ? " in order" : "")
                    .append(", ")
                    .append(records - last)
                    .append(" after it are, too");
        }
        if (answersLost > 0) {
            text.append("; no answer came about ").append(answersLost).append(" more, which may be stored");
        }
        return text.toString();
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
        for (Map.Entry<String, ArrayDeque<Line>> queue : waiting.entrySet()) {
            Line line = queue.getValue().element();
            Bytes data = line.data();
            size += data.size() + queue.getKey().length();
            if (!entries.isEmpty() && (entries.size() == BATCH_RECORDS || size > BATCH_BYTES)) {
                break;
            }
            keys.add(queue.getKey());
            entries.add(PutRecordsRequestEntry.builder()
                    .partitionKey(queue.getKey())
                    .explicitHashKey(line.explicitHashKey())
                    .data(SdkBytes.fromByteBuffer(data.asByteBuffer()))
                    .build());
        }
        if (triesInVain == 0) {
            progressAt = patience.ticker().nanoTime();
        }
        try {
            PutRecordsResponse answer = kinesis.putRecords(request ->
                            request.streamName(stream).records(entries).overrideConfiguration(TimeLimits.MANY_RECORDS))
                    .join();
            onAnswer(keys, answer.records());
        } catch (CompletionException e) {
            if (!Refusal.mayPass(e)) {
                throw e;
            }
            answersLost = Refusal.isAnswerLost(e) ? keys.size() : answersLost;
            waitAfter(e);
        }
    }

    private void onAnswer(List<String> keys, List<PutRecordsResultEntry> results) {
        int refused = take(keys, results);
        if (refused < keys.size()) {
            answersLost = 0;
            triesInVain = 0;
            if (isWaiting) {
                isWaiting = false;
                patience.notes().accept("the service stores records again");
            }
        } else {
            PutRecordsResultEntry first = results.get(0);
            waitAfter(CommandFailure.failed("stream " + stream + " takes no records: " + reason(first)));
            return;
        }
        if (refused > 0) {
            Pause.of(BACKOFF.delay(1, random));
        }
    }

    private static String reason(PutRecordsResultEntry refused) {
        return refused.errorMessage() == null ? refused.errorCode() : refused.errorMessage();
    }

    /** Nothing was stored; tries go on until the patience ends. */
    private void waitAfter(RuntimeException error) {
        if (patience.isOver(progressAt)) {
            throw CommandFailure.failed(patience.gaveUp(error), error);
        }
        triesInVain++;
        if (!isWaiting && triesInVain >= TRIES_UNTOLD) {
            isWaiting = true;
            patience.tellThatItWaits(error);
        }
        Pause.of(BACKOFF.delay(triesInVain, random));
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
            ArrayDeque<Line> queue = waiting.getOrDefault(key, new ArrayDeque<>());
            Line line = queue.remove();
            int size = line.data().size();
            if (queue.isEmpty()) {
                waiting.remove(key);
            }
            waitingRecords--;
            waitingBytes -= size;
            records++;
            bytes += size;
            putPerShard.merge(result.shardId(), 1L, Long::sum);
            acknowledged.put(line.number(), key, result.shardId());
        }
        refusals += refused;
        return refused;
    }
}
