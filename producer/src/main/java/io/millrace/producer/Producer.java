package io.millrace.producer;

import static java.util.Objects.requireNonNull;

import io.millrace.model.Bytes;
import io.millrace.model.HashKey;
import io.millrace.runtime.Platform;
import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * Puts records into one stream. A record is handed over and travels with others: in aggregates of its shard, in requests of many
 * aggregates. Those that the service refuses for the moment are sent again until they are stored or too old, so a record may be
 * stored twice, and each one is told the outcome of.
 *
 * <pre>{@code
 * try (Producer producer = Producer.builder().stream("orders").build()) {
 *     producer.send("customer-17", bytes).whenComplete((stored, error) -> ...);
 * }
 * }</pre>
 *
 * <p>Safe for any thread. One thread of its own does the work; what users hang onto results runs there, must not block, and may
 * send. Without {@link ProducerBuilder#ordered} records of a key may overtake each other when some are sent again.
 */
public final class Producer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Producer.class);
    private static final Duration CLOSING = Duration.ofSeconds(30);

    private final ProducerSettings settings;
    private final Ticker ticker;
    private final Room room;
    private final AtomicLong held = new AtomicLong();
    private final ProducerCore core;
    /** Absent where the user gave one. */
    private final @Nullable KinesisAsyncClient ownClient;

    private final AtomicInteger salt = new AtomicInteger();
    private final AtomicReference<@Nullable CompletableFuture<List<UnstoredRecord>>> closing = new AtomicReference<>();

    Producer(ProducerBuilder builder, Platform platform) {
        this.settings = builder.settings();
        this.ticker = platform.ticker();
        this.room = new Room(settings.maxBytes());
        this.ownClient = builder.givenClient() == null ? ProducerBuilder.standardClient() : null;
        KinesisAsyncClient client = ownClient == null ? requireNonNull(builder.givenClient()) : ownClient;
        this.core = new ProducerCore(
                settings,
                platform,
                new KinesisCalls(client, settings.stream(), settings.requestTimeout()),
                room,
                new ProducerMeters(builder.registry(), settings.stream(), room, held),
                held);
    }

    /** A builder with every setting at its default. */
    public static ProducerBuilder builder() {
        return new ProducerBuilder();
    }

    /**
     * Sends a record.
     *
     * @param partitionKey decides on the shard; 1 to 256 characters
     * @param data the payload; it is copied
     * @return the place where it is stored, or a {@link SendException}; it completes within {@link ProducerBuilder#giveUpAfter}
     *     and one {@link ProducerBuilder#requestTimeout}. Cancelling it takes nothing back
     * @throws IllegalArgumentException if the key has no or more than 256 characters, or the record is larger than {@link
     *     ProducerBuilder#maxRecordBytes}
     */
    public CompletionStage<StoredRecord> send(String partitionKey, byte[] data) {
        return send(new OutgoingRecord(partitionKey, Bytes.copyOf(data)));
    }

    /**
     * Sends a record; the same as {@link #send(String, byte[])} without a copy.
     *
     * @throws IllegalArgumentException if it is larger than {@link ProducerBuilder#maxRecordBytes}
     */
    public CompletionStage<StoredRecord> send(OutgoingRecord record) {
        int size = record.data().size() + record.partitionKey().length();
        if (size > settings.maxRecordBytes()) {
            throw new IllegalArgumentException("a record and its key have at most " + settings.maxRecordBytes()
                    + " bytes, not " + size + "; maxRecordBytes() of the builder allows more where the stream does");
        }
        SendException refusal = takeRoom(Pending.weight(record));
        if (refusal != null) {
            return CompletableFuture.failedFuture(refusal);
        }
        Pending pending = new Pending(record, explicitHashKey(record), ticker.nanoTime());
        core.accept(pending);
        return pending.outcome();
    }

    /**
     * Sends what waits for company now.
     *
     * @return completes once every record that was sent before this call has its outcome, whichever that is; never fails
     */
    public CompletionStage<@Nullable Void> flush() {
        return core.flush();
    }

    /** How many records have been sent and have no outcome yet. */
    public long outstanding() {
        return held.get();
    }

    /** The last failure, where the service has taken no record for two tries or more; empty while it takes some. */
    public Optional<Throwable> trouble() {
        return core.trouble();
    }

    /**
     * Takes no more records, waits for those that it has, and ends. A second call returns what the first one returns.
     *
     * @param limit how long to wait; what has no outcome then fails with {@link SendException.Closed}
     * @return every record that got no place in the stream from the moment of this call on; empty if all are stored
     */
    public CompletionStage<List<UnstoredRecord>> closeAsync(Duration limit) {
        requireNonNull(limit, "limit");
        CompletableFuture<List<UnstoredRecord>> mine = new CompletableFuture<>();
        CompletableFuture<List<UnstoredRecord>> others = closing.compareAndExchange(null, mine);
        if (others != null) {
            return others;
        }
        room.close();
        core.close(limit.isNegative() ? Duration.ZERO : limit, unstored -> {
            mine.complete(unstored);
            // That takes seconds, and nobody needs to wait for it.
            if (ownClient != null) {
                ownClient.close();
            }
        });
        return mine;
    }

    /**
     * The same as {@link #closeAsync} on the caller's thread.
     *
     * @throws IllegalStateException if it is called where results are told, which is the thread that it would wait for
     */
    public List<UnstoredRecord> close(Duration limit) {
        if (core.isOwnThread()) {
            throw new IllegalStateException("a producer cannot wait for its own end; call closeAsync here");
        }
        return closeAsync(limit).toCompletableFuture().join();
    }

    /** Closes within 30 s. Records that are not stored by then are counted in the log; {@link #close(Duration)} gives them out. */
    @Override
    public void close() {
        List<UnstoredRecord> unstored = close(CLOSING);
        if (!unstored.isEmpty()) {
            log.warn(
                    "The producer of stream {} is closed; {} records are not stored, or not known to be",
                    settings.stream(),
                    unstored.size());
        }
    }

    /** Absent if there is room, which is taken then. */
    private @Nullable SendException takeRoom(int bytes) {
        if (closing.get() != null) {
            return new SendException.Closed(false, null);
        }
        if (room.take(bytes)) {
            if (settings.whenFull() == WhenFull.DROP_OLDEST && room.shortage() > 0) {
                core.makeRoom();
            }
            return null;
        }
        if (settings.whenFull() != WhenFull.BLOCK || core.isOwnThread()) {
            return full("the producer holds the " + settings.maxBytes() + " bytes that it may", null);
        }
        // There is no sense in waiting for company now.
        core.hurry();
        try {
            return room.await(bytes) ? null : new SendException.Closed(false, null);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return full("interrupted while it waited for room", e);
        }
    }

    private SendException full(String message, @Nullable Throwable cause) {
        core.noRoom();
        return new SendException.NoRoom(message, false, cause);
    }

    private @Nullable HashKey explicitHashKey(OutgoingRecord record) {
        HashKey given = record.explicitHashKeyOrNull();
        if (given != null || settings.ways() == 1 || !settings.hotKeys().test(record.partitionKey())) {
            return given;
        }
        int grain = Math.floorMod(salt.getAndIncrement(), settings.ways());
        return HashKey.ofPartitionKey(record.partitionKey() + '#' + grain);
    }
}
