package io.millrace.fanout;

import io.millrace.model.StreamRecord;

/**
 * The weight of records in the heap, so that bounds of memory hold for small ones, too: the objects that a record is made of take more
 * than a short payload does. As a JVM of 64 bits with compressed references lays them out; the data and the key to the next eight
 * bytes, a character of the key as one. Pure functions.
 */
public final class HeapSize {
    /**
     * The record with its position, sequence number and arrival (120 bytes); the objects around the data and the key and the headers
     * of their arrays (72); two references in lists (8).
     */
    private static final int OBJECTS = 200;

    private HeapSize() {}

    /** The bytes of one record, in lists that hold it included. */
    public static long of(StreamRecord record) {
        return OBJECTS
                + toEight(record.data().size())
                + toEight(record.partitionKey().length());
    }

    private static long toEight(int bytes) {
        return (bytes + 7L) & ~7L;
    }
}
