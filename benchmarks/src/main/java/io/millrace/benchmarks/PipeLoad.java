package io.millrace.benchmarks;

/**
 * Who listens to a shard.
 *
 * @param isMultiplexed all on one HTTP/2 connection; else each on an HTTP/1.1 connection of its own
 * @param healthy pipes that take what comes
 * @param stalled pipes that take nothing
 */
record PipeLoad(boolean isMultiplexed, int healthy, int stalled) {
    int pipes() {
        return healthy + stalled;
    }

    String wire() {
        return isMultiplexed ? "HTTP/2" : "HTTP/1.1";
    }

    /** How the tables call the pipes. */
    String counts() {
        return healthy + (stalled == 0 ? "" : " + " + stalled + " stalled");
    }
}
