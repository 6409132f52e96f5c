package io.millrace.streamcore.api.audit;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Decides which refusals of unverified callers have a line of their own: the first of each source and minute, since whoever has no key can
 * have any number refused. The others are counted. Addresses of one /64 network of IPv6 are one source. What it keeps is
 * bounded. Guarded by its owner.
 */
final class RefusalCounter {
    /** Lines that one source has in a minute. */
    static final int LINES_OF_SOURCE = 100;
    /** Lines that all sources have in a minute. */
    static final int LINES = 1_000;
    /** Sources that are told apart in a minute. */
    static final int SOURCES = 256;

    private static final int GROUPS_OF_NETWORK = 4;

    private final Map<String, Tally> tallies = new LinkedHashMap<>();
    private Instant minute = Instant.MIN;
    private int lines;

    /**
     * Takes note of a refusal.
     *
     * @return true if it is to have a line, false if it was counted
     */
    boolean isToBeWritten(Instant time, String source) {
        if (tallies.isEmpty()) {
            minute = minuteOf(time);
        }
        String network = networkOf(source);
        String counted = tallies.size() < SOURCES || tallies.containsKey(network) ? network : RefusalCount.OTHERS;
        Tally tally = tallies.computeIfAbsent(counted, first -> new Tally());
        if (!counted.equals(RefusalCount.OTHERS) && tally.lines < LINES_OF_SOURCE && lines < LINES) {
            tally.lines++;
            lines++;
            return true;
        }
        tally.counted++;
        return false;
    }

    /** True if what was noted is of another minute than {@code time}; a moment before it still belongs to it. */
    boolean isOver(Instant time) {
        Instant other = minuteOf(time);
        return !tallies.isEmpty()
                && !other.equals(minute)
                && !other.plus(1, ChronoUnit.MINUTES).equals(minute);
    }

    /** Begins anew, and answers what was counted. */
    List<RefusalCount> end() {
        List<RefusalCount> counts = new ArrayList<>();
        tallies.forEach((source, tally) -> {
            if (tally.counted > 0) {
                counts.add(new RefusalCount(minute, source, tally.counted));
            }
        });
        tallies.clear();
        lines = 0;
        return counts;
    }

    private static Instant minuteOf(Instant time) {
        return time.truncatedTo(ChronoUnit.MINUTES);
    }

    /** The address itself, or the first half of one of IPv6, which is written in eight groups. */
    private static String networkOf(String source) {
        int end = -1;
        for (int i = 0; i < GROUPS_OF_NETWORK; i++) {
            end = source.indexOf(':', end + 1);
            if (end < 0) {
                return source;
            }
        }
        return source.substring(0, end) + "::/64";
    }

    /** Of one source in one minute. */
    private static final class Tally {
        private int lines;
        private long counted;
    }
}
