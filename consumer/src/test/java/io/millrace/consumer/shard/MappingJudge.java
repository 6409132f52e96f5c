package io.millrace.consumer.shard;

import io.millrace.consumer.letters.LetterSink;
import io.millrace.model.StreamRecord;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Says, from what one processor sees of its calls, which records come next and which are given up: the rules of AWS Lambda's
 * BisectBatchOnFunctionError, MaximumRetryAttempts and ReportBatchItemFailures once more, without a lane. Answers are empty where all
 * is well, and say what is wrong otherwise. One thread.
 */
final class MappingJudge {
    private final int retries;
    private final boolean bisects;
    /** The rest of the batch in hand, in the parts in which it comes; none before the next batch is known. */
    private final Deque<List<StreamRecord>> parts = new ArrayDeque<>();
    /** How often the first part has failed as it is. */
    private int failures;

    private boolean mustGiveUp;

    /**
     * Nothing has come.
     *
     * @param retries how often a part comes again, -1 for ever
     */
    MappingJudge(int retries, boolean bisects) {
        this.retries = retries;
        this.bisects = bisects;
    }

    /** {@code records} are handed out. */
    @Nullable
    String comes(List<StreamRecord> records) {
        if (mustGiveUp) {
            return "records come again that are to be given up";
        }
        List<StreamRecord> due = parts.peek();
        if (due == null) {
            parts.push(records);
            failures = 0;
            return null;
        }
        return due.equals(records) ? null : records.size() + " records come where " + due.size() + " others are due";
    }

    /** All that came is processed. */
    void succeeded() {
        parts.pop();
        failures = 0;
    }

    /** Of what came the first {@code settled} are done with, and the rest is asked for again, which is no failure. */
    void askedLater(int settled) {
        settle(settled);
    }

    /** Of what came the first {@code settled} are done with, and the rest has failed. */
    void failed(int settled) {
        settle(settled);
        List<StreamRecord> rest = parts.peek();
        if (settled > 0 && (rest == null || bisects)) {
            return;
        }
        if (rest == null) {
            throw new IllegalStateException("nothing has come");
        }
        if (bisects && rest.size() > 1) {
            List<StreamRecord> whole = parts.pop();
            int half = whole.size() / 2;
            parts.push(whole.subList(half, whole.size()));
            parts.push(whole.subList(0, half));
            failures = 0;
        } else {
            failures++;
            mustGiveUp = retries >= 0 && failures > retries;
        }
    }

    private void settle(int settled) {
        if (settled > 0) {
            List<StreamRecord> first = parts.pop();
            if (settled < first.size()) {
                parts.push(first.subList(settled, first.size()));
            }
            failures = 0;
        }
    }

    /** {@code records} are given up. */
    @Nullable
    String givesUp(List<StreamRecord> records, LetterSink.Reason reason) {
        List<StreamRecord> due = parts.peek();
        if (reason == LetterSink.Reason.FAILED) {
            if (!mustGiveUp || !records.equals(due)) {
                return "given up, which have not failed often enough or not together";
            }
        } else if (mustGiveUp) {
            return "too old, though they have failed often enough before";
        } else if (due != null
                && (records.size() > due.size()
                        || !due.subList(0, records.size()).equals(records))) {
            return "too old, and others come before them";
        }
        mustGiveUp = false;
        if (due != null) {
            settle(records.size());
        }
        return null;
    }
}
