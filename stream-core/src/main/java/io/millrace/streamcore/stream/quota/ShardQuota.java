package io.millrace.streamcore.stream.quota;

import io.millrace.runtime.Ticker;

/** The limits of one shard. Safe for any thread. */
public final class ShardQuota {
    private static final int MIB = 1 << 20;
    private static final int WRITE_BYTES = MIB;
    private static final int WRITE_RECORDS = 1000;
    private static final int READ_BYTES = 2 * MIB;
    private static final int READS = 5;
    private static final int ITERATORS = 5;

    private final TokenBucket writeBytes;
    private final TokenBucket writeRecords;
    private final TokenBucket readBytes;
    private final TokenBucket reads;
    private final TokenBucket iterators;

    ShardQuota(double scale, Ticker ticker) {
        this.writeBytes = new TokenBucket(scale * WRITE_BYTES, ticker);
        this.writeRecords = new TokenBucket(scale * WRITE_RECORDS, ticker);
        this.readBytes = new TokenBucket(scale * READ_BYTES, ticker);
        this.reads = new TokenBucket(scale * READS, ticker);
        this.iterators = new TokenBucket(scale * ITERATORS, ticker);
    }

    /** True if a record of this many bytes (data and key) may be written now; it then counts. */
    public boolean takesRecord(int bytes) {
        if (!writeRecords.tryTake(1)) {
            return false;
        }
        if (!writeBytes.tryTake(bytes)) {
            writeRecords.refund(1);
            return false;
        }
        return true;
    }

    /** True if records may be read now; the read then counts, and {@link #wasRead} says what it brought. */
    public boolean takesRead() {
        return readBytes.hasAny() && reads.tryTake(1);
    }

    /** So many bytes were read. More than a second's worth keeps the next reads out for as long as they are worth. */
    public void wasRead(long bytes) {
        readBytes.charge(bytes);
    }

    /** True if an iterator may be asked for now; it then counts. */
    public boolean takesIterator() {
        return iterators.tryTake(1);
    }
}
