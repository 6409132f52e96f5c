package io.millrace.systemtests.chaos;

import java.util.List;
import java.util.Locale;

/**
 * What a {@link ChaosJudge} found.
 *
 * @param put records that were acknowledged
 * @param processed how many different ones were processed
 * @param duplicates how often a record was processed that had been processed before
 * @param lost acknowledged records that were never processed
 * @param oldestRepeated by how many ms the first processing of a repeated record came before the trouble that repeats it; 0 where
 *     none did
 * @param unexplained leases that were lost though nothing was done to their worker
 * @param byPipe records that came through pipes
 * @param violations how many things happened that never may
 * @param examples the first of them, a line each
 */
record ChaosVerdict(
        long put,
        long processed,
        long duplicates,
        long lost,
        long oldestRepeated,
        long unexplained,
        long byPipe,
        long violations,
        List<String> examples) {
    ChaosVerdict {
        examples = List.copyOf(examples);
    }

    /** The report in a line. */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "put %,d, processed %,d, duplicates %,d (the oldest %,d ms before its trouble), lost %,d, violations %,d,"
                        + " %,d came by pipe, %d leases lost without a cause%s",
                put,
                processed,
                duplicates,
                oldestRepeated,
                lost,
                violations,
                byPipe,
                unexplained,
                examples.isEmpty() ? "" : ": " + String.join("; ", examples));
    }
}
