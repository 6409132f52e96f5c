package io.millrace.streamcore.log;

/**
 * Hears what the storage does. It is told on the threads that write and read, so it only adds to counters: it must not
 * block, look things up or throw. Safe for any thread.
 */
public interface LogProbe {
    /** Hears nothing. */
    LogProbe NONE = new LogProbe() {
        @Override
        public void appended(int appends, long nanos) {}

        @Override
        public void synced(long nanos) {}

        @Override
        public void readCached() {}

        @Override
        public void readFromDisk() {}

        @Override
        public void failed(String name, String reason) {}

        @Override
        public void recovered(String name) {}
    };

    /**
     * A group of appends is as durable as the policy says.
     *
     * @param appends how many were in it
     * @param nanos from its first byte written to then
     */
    void appended(int appends, long nanos);

    /** A file was made durable; that took so long. */
    void synced(long nanos);

    /** Batches were read that were still in memory. */
    void readCached();

    /** Batches had to be read from the disk. */
    void readFromDisk();

    /**
     * A log, or the catalog, takes no more writes.
     *
     * @param reason for the operator: names files, never what is in them
     */
    void failed(String name, String reason);

    /** What was told by {@link #failed} is over, or the log is gone. */
    void recovered(String name);
}
