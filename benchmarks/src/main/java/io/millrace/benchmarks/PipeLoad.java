package io.millrace.benchmarks;

import static java.util.Objects.requireNonNull;

/**
 * Who listens to a shard.
 *
 * @param wire what carries the pipes, and how they are read
 * @param healthy pipes that take what comes
 * @param stalled pipes that take nothing
 */
record PipeLoad(Wire wire, int healthy, int stalled) {
    PipeLoad {
        requireNonNull(wire, "wire");
    }

    int pipes() {
        return healthy + stalled;
    }

    /** How the tables call the pipes. */
    String counts() {
        return healthy + (stalled == 0 ? "" : " + " + stalled + " stalled");
    }

    /** What carries pipes, and how many threads of the load generator read them. */
    enum Wire {
        /** A connection a pipe. One thread waits for all of them, as event loops of clients do. */
        HTTP_1("HTTP/1.1"),
        /**
         * A connection and a thread a pipe: a push to a pipe has one more thread to wake, and on one machine the
         * sender's kernel wakes it on the sender's account.
         */
        HTTP_1_THREADS("HTTP/1.1, a thread a pipe"),
        /** All pipes are streams of one connection. */
        HTTP_2("HTTP/2");

        private final String shown;

        Wire(String shown) {
            this.shown = shown;
        }

        /** How the tables call it. */
        String shown() {
            return shown;
        }
    }
}
