package io.millrace.producer;

import java.util.ArrayList;
import java.util.List;

/** The load of one call of PutRecords. Belongs to the producer's loop. */
final class Request {
    /** The most entries of a request (PutRecords, Kinesis API). */
    static final int MOST_ENTRIES = 500;

    /** The most bytes that a request of several entries has: the service's limit of old, below today's 10 MiB. */
    static final int MOST_BYTES = 5 << 20;

    private final List<Parcel> parcels;
    private int bytes;

    Request() {
        this(new ArrayList<>());
    }

    private Request(List<Parcel> parcels) {
        this.parcels = parcels;
    }

    List<Parcel> parcels() {
        return parcels;
    }

    void add(Parcel parcel) {
        parcels.add(parcel);
        bytes += parcel.size();
    }

    boolean isEmpty() {
        return parcels.isEmpty();
    }

    boolean hasAllEntries() {
        return parcels.size() == MOST_ENTRIES;
    }

    /** How many bytes a parcel may still have; the first one may have any number. */
    int room() {
        return isEmpty() ? Integer.MAX_VALUE : MOST_BYTES - bytes;
    }

    /** The first or the second half of its parcels. */
    Request half(boolean first) {
        int middle = parcels.size() / 2;
        return new Request(List.copyOf(first ? parcels.subList(0, middle) : parcels.subList(middle, parcels.size())));
    }

    int records() {
        int records = 0;
        for (Parcel parcel : parcels) {
            records += parcel.records().size();
        }
        return records;
    }
}
