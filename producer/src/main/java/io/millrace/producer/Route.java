package io.millrace.producer;

import io.millrace.model.ShardId;
import io.millrace.runtime.Backoff;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The records that wait for one shard, or for all of them where nobody knows the shards. Belongs to the producer's loop. */
final class Route {
    /** A shard's second of throughput comes back bit by bit. */
    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(2));

    private final @Nullable ShardId shard;
    private final ArrayDeque<Pending> waiting = new ArrayDeque<>();
    private long bytes;
    private int underWay;
    private int failures;
    private long blockedUntil;

    /** Begins empty; {@code shard} is absent where the shards are unknown. */
    Route(@Nullable ShardId shard) {
        this.shard = shard;
    }

    @Nullable
    ShardId shard() {
        return shard;
    }

    ArrayDeque<Pending> waiting() {
        return waiting;
    }

    long bytes() {
        return bytes;
    }

    void addLast(Pending record) {
        waiting.addLast(record);
        bytes += record.size();
    }

    /** Puts records back before all others, in their order. */
    void addFirst(List<Pending> records) {
        for (int i = records.size() - 1; i >= 0; i--) {
            waiting.addFirst(records.get(i));
            bytes += records.get(i).size();
        }
    }

    Pending removeFirst() {
        Pending first = waiting.removeFirst();
        bytes -= first.size();
        return first;
    }

    /** How many of its parcels are in requests. */
    int underWay() {
        return underWay;
    }

    void sent() {
        underWay++;
    }

    void answered() {
        underWay--;
    }

    boolean isBlocked(long now) {
        return failures > 0 && blockedUntil - now > 0;
    }

    long blockedUntil() {
        return blockedUntil;
    }

    /** The shard refused records: nothing is sent there for a while. */
    void refused(long now, RandomGenerator random) {
        failures++;
        blockedUntil = now + BACKOFF.delay(failures, random).toNanos();
    }

    void stored() {
        failures = 0;
    }
}
