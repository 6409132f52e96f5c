package io.millrace.benchmarks;

import java.io.IOException;

/** A connection with pipes on it. One thread runs it. */
interface Listener extends Runnable, AutoCloseable {
    /** Reads until the connection ends. */
    @Override
    void run();

    /** True once all its pipes have begun to push. Safe for any thread. */
    boolean isOpen();

    /** What its pipes received. */
    Stamps stamps();

    @Override
    void close() throws IOException;
}
