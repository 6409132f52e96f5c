package io.millrace.streamcore.log.disk;

import java.time.Duration;

/** When a disk that failed is tried again: soon at first, then ever less often. */
final class Repair {
    static final Duration FIRST_DELAY = Duration.ofSeconds(1);

    private static final Duration LONGEST_DELAY = Duration.ofSeconds(16);

    private Repair() {}

    /** The delay after this one. */
    static Duration after(Duration delay) {
        Duration doubled = delay.multipliedBy(2);
        return doubled.compareTo(LONGEST_DELAY) > 0 ? LONGEST_DELAY : doubled;
    }
}
