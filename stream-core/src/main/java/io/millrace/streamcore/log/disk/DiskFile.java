package io.millrace.streamcore.log.disk;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** An open file. Reads are safe for any thread, all else belongs to the file's writer. */
interface DiskFile extends Closeable {
    /** Writes all that remains in {@code source}. */
    void write(ByteBuffer source, long position) throws IOException;

    /** Fills {@code target} as far as the file has bytes from {@code position} on. */
    void read(ByteBuffer target, long position) throws IOException;

    /** Makes what was written durable. */
    void force() throws IOException;

    /** Cuts the file to this size. */
    void truncate(long size) throws IOException;

    /**
     * The key that tells this file from every other that has its name at another time; see {@link DiskFiles#key}. Safe for any
     * thread.
     */
    Object key();

    /** The file's size. */
    long size() throws IOException;
}
