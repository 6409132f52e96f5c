package io.millrace.fanout.polling;

/**
 * How many stored records a read of a shard asks for, by what the reads before have found and by the room that there is. No clock, no
 * thread; belongs to its source.
 */
final class PageSize {
    /** The most that one call may ask for (GetRecords, Kinesis API). */
    private static final int MOST_RECORDS = 10_000;

    /** Asked for where nothing says that more is there, in bytes of the heap. */
    private static final long USUAL = 256 << 10;

    /** How much bigger than the last page the next one may be, where nothing says that more is there. */
    private static final int GROWTH = 4;

    /** The weight that a stored record is taken to have before the first one came. */
    private static final long FIRST_GUESS = 1 << 10;

    private long bytesPerRecord = FIRST_GUESS;
    private long lastPage;
    private boolean isBehind;

    /** A read found {@code stored} records, which weigh {@code heapBytes}; {@code behind} if there are more. */
    void read(int stored, long heapBytes, boolean behind) {
        isBehind = behind;
        lastPage = heapBytes;
        if (stored > 0) {
            bytesPerRecord = Math.max(1, heapBytes / stored);
        }
    }

    /** How many records to ask for, 1 to 10,000, if {@code room} bytes may be held. */
    int limit(long room) {
        long bytes = isBehind ? room : Math.min(room, Math.max(USUAL, GROWTH * lastPage));
        return (int) Math.max(1, Math.min(MOST_RECORDS, bytes / bytesPerRecord));
    }

    /** The weight that {@code records} of them may have. */
    long bytesOf(int records) {
        return records * bytesPerRecord;
    }
}
