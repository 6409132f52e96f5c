package io.millrace.producer;

import io.millrace.model.HashKey;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A record that has no outcome yet. Whoever hands it over writes it first, and from then on the producer's loop alone. */
final class Pending {
    /** Two objects, a future and a place in a queue, in bytes. */
    private static final int OVERHEAD = 160;

    /** Tags, lengths and indexes. */
    private static final int FIELDS = 10;

    private final OutgoingRecord record;
    private final @Nullable HashKey explicitHashKey;
    private final HashKey hashKey;
    private final long acceptedAt;
    private final CompletableFuture<StoredRecord> outcome = new CompletableFuture<>();

    /** Its place among all that were handed over, counted from 1. */
    private long number;

    private boolean wasRefused;
    private boolean mayBeStored;
    private @Nullable Throwable lastFailure;

    /**
     * A record that was accepted.
     *
     * @param explicitHashKey decides on the shard, if it is there
     * @param acceptedAt the ticker's time, in nanoseconds
     */
    Pending(OutgoingRecord record, @Nullable HashKey explicitHashKey, long acceptedAt) {
        this.record = record;
        this.explicitHashKey = explicitHashKey;
        this.hashKey = explicitHashKey == null ? HashKey.ofPartitionKey(record.partitionKey()) : explicitHashKey;
        this.acceptedAt = acceptedAt;
    }

    OutgoingRecord record() {
        return record;
    }

    @Nullable
    HashKey explicitHashKey() {
        return explicitHashKey;
    }

    /** The key that decides on the shard. */
    HashKey hashKey() {
        return hashKey;
    }

    CompletableFuture<StoredRecord> outcome() {
        return outcome;
    }

    /** How much of the producer's room it takes, in bytes. */
    int weight() {
        return weight(record);
    }

    static int weight(OutgoingRecord record) {
        return OVERHEAD + record.partitionKey().length() + record.data().size();
    }

    /** About how much of an aggregate it takes, in bytes. */
    int size() {
        return FIELDS + record.partitionKey().length() + record.data().size();
    }

    long number() {
        return number;
    }

    void number(long value) {
        number = value;
    }

    /** How long ago it was accepted, in nanoseconds. */
    long age(long now) {
        return now - acceptedAt;
    }

    long acceptedAt() {
        return acceptedAt;
    }

    /** It waits for another try, and no longer for company. */
    boolean wasRefused() {
        return wasRefused;
    }

    void failed(Throwable failure, boolean perhapsStored) {
        wasRefused = true;
        lastFailure = failure;
        mayBeStored |= perhapsStored;
    }

    boolean mayBeStored() {
        return mayBeStored;
    }

    @Nullable
    Throwable lastFailure() {
        return lastFailure;
    }
}
