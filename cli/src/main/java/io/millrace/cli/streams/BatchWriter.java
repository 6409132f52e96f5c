package io.millrace.cli.streams;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.model.Bytes;
import io.millrace.model.HashKey;
import io.millrace.producer.OutgoingRecord;
import io.millrace.producer.Producer;
import io.millrace.producer.ProducerBuilder;
import io.millrace.producer.SendException;
import io.millrace.producer.StoredRecord;
import io.millrace.producer.UnstoredRecord;
import io.millrace.runtime.Platform;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * Puts records by a {@link Producer} that keeps the order of each key, and tells what became of them on the thread that puts. An
 * outage is borne for as long as its {@link Patience} says, however old records become. Blocks; for one thread.
 */
public final class BatchWriter implements AutoCloseable {
    private static final int WAITING_RECORDS = 10_000;
    private static final long WAITING_BYTES = 16 << 20;
    private static final Duration LOOK = Duration.ofMillis(20);
    /** The patience decides when a record is given up. */
    private static final Duration ANY_AGE = Duration.ofDays(365);
    /** A slow line needs time for megabytes. */
    private static final Duration REQUEST = Duration.ofMinutes(1);

    private final Patience patience;
    private final Stored acknowledged;
    private final Producer producer;
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final LinkedBlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();
    private final Map<String, Long> putPerShard = new TreeMap<>();
    /** The numbers above {@link #allUpTo} of records that are stored. */
    private final Set<Long> storedBeyond = new HashSet<>();

    private long allUpTo;
    private long added;
    private long waitingRecords;
    private long waitingBytes;
    private long records;
    private long bytes;
    private long progressAt;
    private boolean isWaiting;
    private long answersLost;
    private boolean isClosed;

    /**
     * Puts into {@code stream}.
     *
     * @param aggregates packs the records of a shard into aggregates, in the format of the Kinesis Producer Library
     * @param patience how long nothing at all may be stored before the writer gives up
     * @param acknowledged is told of each record that was put
     */
    public BatchWriter(
            KinesisAsyncClient kinesis,
            String stream,
            boolean aggregates,
            Platform platform,
            Patience patience,
            Stored acknowledged) {
        this.patience = patience;
        this.acknowledged = acknowledged;
        ProducerBuilder builder = Producer.builder().stream(stream)
                .kinesisClient(kinesis)
                .platform(platform)
                .ordered()
                .giveUpAfter(ANY_AGE)
                .requestTimeout(REQUEST)
                .maxBytes(Long.MAX_VALUE)
                .maxRecordBytes(10 << 20)
                .meterRegistry(meters);
        this.producer = (aggregates ? builder : builder.withoutAggregates()).build();
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

    /** The fate of a record; its number is its place among all that were taken over, counted from 1. */
    private record Outcome(
            long number,
            OutgoingRecord record,
            @Nullable StoredRecord place,
            @Nullable Throwable error) {}

    /** Takes a record over; it is put now or later. */
    public void add(String key, Bytes data) {
        add(key, Optional.empty(), data);
    }

    /** The same for one that goes where {@code explicitHashKey} says, if it is there. */
    public void add(String key, Optional<HashKey> explicitHashKey, Bytes data) {
        if (waitingRecords == 0) {
            progressAt = patience.ticker().nanoTime();
        }
        OutgoingRecord record = new OutgoingRecord(key, data, explicitHashKey.orElse(null));
        added++;
        long number = added;
        waitingRecords++;
        waitingBytes += data.size();
        producer.send(record).whenComplete((place, error) -> outcomes.add(new Outcome(number, record, place, error)));
        takeWhatIsThere();
        while (waitingRecords >= WAITING_RECORDS || waitingBytes >= WAITING_BYTES) {
            await();
        }
    }

    /** Puts all that was taken over. */
    public void drain() {
        producer.flush();
        while (waitingRecords > 0) {
            await();
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
        StringBuilder text = new StringBuilder(
                allUpTo == 0 ? "no line is stored" : "line " + allUpTo + " is the last up to which all are stored");
        if (records > allUpTo) {
            text.append(allUpTo == 0 ? " in order" : "")
                    .append(", ")
                    .append(records - allUpTo)
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
        double again = 0;
        for (Counter reason : meters.find("millrace.producer.again").counters()) {
            again += reason.count();
        }
        return (long) again;
    }

    /** How many records went to which shard. */
    public Map<String, Long> putPerShard() {
        return Map.copyOf(putPerShard);
    }

    /** Puts nothing more. */
    @Override
    public void close() {
        giveUp();
    }

    /** Waits a moment for an outcome, and no longer at all once the patience is over. */
    private void await() {
        try {
            Outcome outcome = outcomes.poll(LOOK.toMillis(), TimeUnit.MILLISECONDS);
            if (outcome != null) {
                take(outcome);
                takeWhatIsThere();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            giveUp();
            throw CommandFailure.failed("interrupted", e);
        }
        producer.trouble().ifPresentOrElse(this::bear, this::goOn);
    }

    private void takeWhatIsThere() {
        for (Outcome outcome = outcomes.poll(); outcome != null; outcome = outcomes.poll()) {
            take(outcome);
        }
    }

    private void take(Outcome outcome) {
        if (outcome.place == null) {
            Throwable cause = requireNonNull(outcome.error);
            giveUp();
            Throwable reason = cause instanceof SendException && cause.getCause() != null ? cause.getCause() : cause;
            throw reason instanceof RuntimeException unchecked
                    ? unchecked
                    : CommandFailure.failed(reason.toString(), reason);
        }
        count(outcome.number, outcome.record, outcome.place);
    }

    private void count(long number, OutgoingRecord record, StoredRecord place) {
        progressAt = patience.ticker().nanoTime();
        waitingRecords--;
        waitingBytes -= record.data().size();
        records++;
        bytes += record.data().size();
        storedBeyond.add(number);
        while (storedBeyond.remove(allUpTo + 1)) {
            allUpTo++;
        }
        String shard = place.shard().value();
        putPerShard.merge(shard, 1L, Long::sum);
        acknowledged.put(number, record.partitionKey(), shard);
    }

    /** Nothing is stored at the moment; tries go on until the patience ends. */
    private void bear(Throwable trouble) {
        if (patience.isOver(progressAt)) {
            giveUp();
            throw CommandFailure.failed(patience.gaveUp(trouble), trouble);
        }
        if (!isWaiting) {
            isWaiting = true;
            patience.tellThatItWaits(trouble);
        }
    }

    private void goOn() {
        if (isWaiting) {
            isWaiting = false;
            patience.notes().accept("the service stores records again");
        }
    }

    private void giveUp() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        List<UnstoredRecord> unstored = producer.close(Duration.ZERO);
        answersLost =
                unstored.stream().filter(each -> each.reason().mayBeStored()).count();
        for (Outcome outcome = outcomes.poll(); outcome != null; outcome = outcomes.poll()) {
            if (outcome.place != null) {
                count(outcome.number, outcome.record, outcome.place);
            }
        }
    }
}
