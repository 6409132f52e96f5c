package io.millrace.benchmarks;

import java.io.IOException;

/** What clients do to a server. Safe for any thread once prepared. */
interface Workload {
    /** As the table has it. */
    String name();

    /** How many connections do it at once. */
    int connections();

    /**
     * Makes the streams and what is in them.
     *
     * @throws IOException if the server refuses
     */
    void prepare(StreamCalls calls) throws IOException;

    /** What one connection does, over and over. */
    Step step(int connection);

    /** One request and its answer. */
    @FunctionalInterface
    interface Step {
        /** Answers how many records it moved. */
        int run(Connection connection) throws IOException;
    }
}
