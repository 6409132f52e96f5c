package io.millrace.producer;

import io.millrace.model.Bytes;
import io.millrace.model.aggregate.AggregateWriter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes parcels of the records that wait for a shard. Belongs to one thread. */
final class Packer {
    /** How far it looks for records of other keys where each key may be in a request only once. */
    private static final int MOST_LOOKED_AT = 5_000;

    private final boolean isOrdered;
    private final int aggregateBytes;
    private final AggregateWriter aggregate;

    /**
     * A packer.
     *
     * @param isOrdered puts no two records of a key into one request, unless they are in the same aggregate
     * @param aggregateBytes the most bytes of an aggregate; 0 if there shall be none
     */
    Packer(boolean isOrdered, int aggregateBytes) {
        this.isOrdered = isOrdered;
        this.aggregateBytes = aggregateBytes;
        this.aggregate = new AggregateWriter(aggregateBytes);
    }

    /** Moves records from {@code route} to {@code request} as far as there is room; aggregates them if {@code aggregates}. */
    void pack(Route route, Request request, boolean aggregates) {
        if (isOrdered && !aggregates) {
            packDistinctKeys(route, request);
            return;
        }
        boolean goesOn = true;
        while (goesOn && !route.waiting().isEmpty() && !request.hasAllEntries()) {
            Parcel parcel = aggregates ? aggregate(route, request.room()) : single(route, request.room());
            if (parcel != null) {
                request.add(parcel);
            }
            goesOn = parcel != null && !isOrdered;
        }
    }

    private void packDistinctKeys(Route route, Request request) {
        Set<String> keys = new HashSet<>();
        List<Pending> passed = new ArrayList<>();
        for (int i = 0; i < MOST_LOOKED_AT && !route.waiting().isEmpty() && !request.hasAllEntries(); i++) {
            Pending next = route.waiting().element();
            if (!keys.add(next.record().partitionKey())) {
                passed.add(route.removeFirst());
                continue;
            }
            Parcel parcel = single(route, request.room());
            if (parcel == null) {
                break;
            }
            request.add(parcel);
        }
        route.addFirst(passed);
    }

    /** The next record by itself; absent if there is no room for it. */
    private static @Nullable Parcel single(Route route, int room) {
        Pending first = route.waiting().element();
        OutgoingRecord record = first.record();
        if (Parcel.size(record.partitionKey(), record.data()) > room) {
            return null;
        }
        route.removeFirst();
        return new Parcel(route, List.of(first), record.data());
    }

    /** As many of the next records as an aggregate takes; absent if the request might not take a full one. */
    private @Nullable Parcel aggregate(Route route, int room) {
        if (room < aggregateBytes + Parcel.size(AggregateWriter.PARTITION_KEY, Bytes.empty())) {
            return null;
        }
        List<Pending> taken = new ArrayList<>();
        while (!route.waiting().isEmpty()) {
            Pending next = route.waiting().element();
            OutgoingRecord record = next.record();
            if (!aggregate.add(record.partitionKey(), next.explicitHashKey(), record.data())) {
                break;
            }
            taken.add(route.removeFirst());
        }
        if (taken.isEmpty()) {
            return single(route, room);
        }
        if (taken.size() == 1) {
            aggregate.clear();
            return new Parcel(route, taken, taken.get(0).record().data());
        }
        return new Parcel(route, taken, aggregate.finish());
    }
}
