package io.millrace.lease.coordinator;

/** How much goes wrong in a world. Seeds that were kept from before there was more are replayed with what there was. */
enum Trouble {
    /** Nothing. */
    NONE,
    /** The table's answers, crashes, pauses, partitions of one worker, splits and merges. */
    FIRST,
    /**
     * Also: the table throttled for all, up to minutes; answers or reads lost for a while; restarts and twins under the
     * same name; retention; a stream service in trouble.
     */
    MORE,
    /**
     * Also: a second stream that is added and removed while workers run; caps; measured loads that change; clocks further
     * apart; workers of which only the coordinator stands still.
     */
    ALL,
    /** Also: wall clocks that are wrong by up to a day; applications that begin at LATEST; rows that cannot be read. */
    DAMAGE,
    /** Also: a table that takes only so many writes a second, for a while. */
    LIMITED,
    /** Also: people who skip records of leases that living and dead workers own, of free ones and of those that wait. */
    HANDS,
    /** Also: people who set anew where such leases are read from. */
    RESETS;

    boolean has(Trouble other) {
        return compareTo(other) >= 0;
    }
}
