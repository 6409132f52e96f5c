package io.millrace.consumer.mapping;

import io.millrace.model.RecordPosition;
import io.millrace.model.StreamRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The bookkeeping of one shard's tumbling windows: which records are gathered, what the function is called with next, and how far a
 * checkpoint may move. No clock, no thread; belongs to one processor.
 */
final class Windows {
    /** The most that a state may have, in bytes. */
    static final int MOST_STATE = 1_000_000;

    private static final String EMPTY = "{}";

    private final long seconds;

    /** Absent while no record waits for the last call of its window. */
    private @Nullable Open open;

    /** The last record that is in a state, or was in one. */
    private @Nullable RecordPosition gathered;

    Windows(Duration size) {
        this.seconds = size.toSeconds();
    }

    /** A window that records were gathered in. */
    private record Open(Instant start, Instant end, String state) {
        boolean isTooLarge() {
            return state.length() > MOST_STATE || state.getBytes(StandardCharsets.UTF_8).length > MOST_STATE;
        }
    }

    /** The next call of the function. */
    sealed interface Step {
        /** With records, the last of which is {@code last}. */
        record Gather(List<StreamRecord> records, TumblingWindow window) implements Step {
            RecordPosition last() {
                return records.get(records.size() - 1).position();
            }
        }

        /** For the last time; afterwards the checkpoint may move to {@code last}. */
        record Close(TumblingWindow window, RecordPosition last) implements Step {}
    }

    /** The next call for {@code records}, in order; empty if all of them are gathered. The same again until it has succeeded. */
    Optional<Step> next(List<StreamRecord> records) {
        Open now = open;
        if (now != null && now.isTooLarge()) {
            return Optional.of(close(now, true));
        }
        int from = 0;
        while (from < records.size() && isGathered(records.get(from))) {
            from++;
        }
        if (from == records.size()) {
            return Optional.empty();
        }
        Instant first = records.get(from).arrival();
        if (now != null && !first.isBefore(now.end)) {
            return Optional.of(close(now, false));
        }
        Open window = now != null ? now : at(first);
        int to = from;
        while (to < records.size() && records.get(to).arrival().isBefore(window.end)) {
            to++;
        }
        return Optional.of(new Step.Gather(
                records.subList(from, to), new TumblingWindow(window.start, window.end, window.state, false, false)));
    }

    /** The last call for the window, if all records before {@code time} are here and it has ended by then. */
    Optional<Step.Close> ended(Instant time) {
        Open now = open;
        return now != null && (now.isTooLarge() || !time.isBefore(now.end))
                ? Optional.of(close(now, now.isTooLarge()))
                : Optional.empty();
    }

    /** The last call for the window, if there is one: no more records come. */
    Optional<Step.Close> over() {
        return Optional.ofNullable(open).map(now -> close(now, now.isTooLarge()));
    }

    /** The function was called as {@code step} says, and answered {@code state}. */
    void gathered(Step.Gather step, String state) {
        open = new Open(step.window().start(), step.window().end(), state);
        gathered = step.last();
    }

    /** The last call has succeeded. */
    void closed() {
        open = null;
    }

    private boolean isGathered(StreamRecord record) {
        RecordPosition last = gathered;
        return last != null && record.position().compareTo(last) <= 0;
    }

    private Step.Close close(Open window, boolean isEarly) {
        RecordPosition last = gathered;
        if (last == null) {
            throw new IllegalStateException("a window is open and has no records");
        }
        return new Step.Close(new TumblingWindow(window.start, window.end, window.state, true, isEarly), last);
    }

    private Open at(Instant arrival) {
        long start = Math.floorDiv(arrival.getEpochSecond(), seconds) * seconds;
        return new Open(Instant.ofEpochSecond(start), Instant.ofEpochSecond(start + seconds), EMPTY);
    }
}
