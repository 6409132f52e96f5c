package io.millrace.benchmarks.coordination;

import com.google.common.base.Splitter;
import java.time.Instant;
import java.util.List;

/**
 * One line that a worker process prints.
 *
 * @param kind what it tells
 * @param at when, on the machine's wall clock, in nanoseconds since 1970
 * @param shard the shard that it is about; a dash for none
 * @param text the record's number, or what was counted
 */
record Line(Kind kind, long at, String shard, String text) {
    private static final Splitter SPACES = Splitter.on(' ').limit(4);

    /** What a worker tells. */
    enum Kind {
        STARTED,
        RECORD,
        TAKEN,
        RELEASED,
        LOST,
        /** Every record of the shard is processed; its end is not in the table yet. */
        READ_OUT,
        ENDED,
        CALLS
    }

    static long nanos(Instant time) {
        return time.getEpochSecond() * 1_000_000_000L + time.getNano();
    }

    static Line parse(String line) {
        List<String> parts = SPACES.splitToList(line);
        return new Line(Kind.valueOf(parts.get(0)), Long.parseLong(parts.get(1)), parts.get(2), parts.get(3));
    }

    @Override
    public String toString() {
        return kind + " " + at + " " + shard + " " + text;
    }
}
