package io.millrace.consumer.shard;

import io.millrace.fanout.SourceBatch;
import io.millrace.model.RecordPosition;
import io.millrace.model.StreamRecord;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The records in the hands of one lane's processor: which come next, and what it has declared or returned from. No clock, no
 * thread; belongs to the loop of its lane.
 */
final class Hand {
    private final boolean awaitsDeclarations;
    private final Isolation isolation = new Isolation();
    private final Bisection bisection = new Bisection();
    /** The records that the processor has to process, in its hands or waiting for a retry; empty otherwise. */
    private List<StreamRecord> records = List.of();
    /** How many of them the processor has declared processed. */
    private int declared;

    private long behind;
    private boolean isAgain;
    /** How many calls threw since the batch was taken, or since the last records of it were given up. */
    private int failures;

    /** The last record that was ever offered. */
    private @Nullable RecordPosition offered;

    private @Nullable RecordPosition returnedFrom;
    /** Records that were returned from and not declared processed, where that counts. */
    private final Deque<RecordPosition> undeclared = new ArrayDeque<>();

    /** An empty hand; {@code awaitsDeclarations} if records are open until they are declared processed. */
    Hand(boolean awaitsDeclarations) {
        this.awaitsDeclarations = awaitsDeclarations;
    }

    /** Takes the next batch; the one before must be done with. */
    void take(SourceBatch batch) {
        records = batch.records();
        behind = batch.millisBehindLatest();
        declared = 0;
        isAgain = false;
        failures = 0;
    }

    boolean isEmpty() {
        return records.isEmpty();
    }

    /** The first record in hand; there must be one. */
    StreamRecord first() {
        return records.get(0);
    }

    /** How far behind the tip the records were when they were read. */
    long behind() {
        return behind;
    }

    /** The records to offer next: all of them, or a part while one that fails is looked for. */
    List<StreamRecord> next() {
        return records.subList(0, isolation.next(bisection.next(records.size())));
    }

    /** The first {@code count} records. */
    List<StreamRecord> head(int count) {
        return records.subList(0, count);
    }

    /** True if the records that come next have been offered before. */
    boolean isAgain() {
        return isAgain;
    }

    /** Records up to {@code last} are offered to the processor. */
    void offer(RecordPosition last) {
        isAgain = true;
        offered = last;
    }

    /** The first record that the lane is not done with. */
    Optional<RecordPosition> oldestOpen() {
        return undeclared.isEmpty() ? oldestUnprocessed() : Optional.of(undeclared.element());
    }

    /** The first record in hand that is neither processed nor declared so. */
    Optional<RecordPosition> oldestUnprocessed() {
        return declared < records.size() ? Optional.of(records.get(declared).position()) : Optional.empty();
    }

    /** True if all that was returned from was declared processed, where that counts. */
    boolean hasDeclaredAll() {
        return undeclared.isEmpty();
    }

    /** The last record that the processor returned from; empty if there is none. */
    Optional<RecordPosition> returnedFrom() {
        return Optional.ofNullable(returnedFrom);
    }

    /** The processor returned from the first {@code count} records, which leave the hand. */
    List<StreamRecord> returned(int count) {
        if (count > 0) {
            returnedFrom = records.get(count - 1).position();
        }
        if (awaitsDeclarations) {
            records.subList(Math.min(declared, count), count).forEach(record -> undeclared.add(record.position()));
        }
        return leave(count);
    }

    /** The records that are declared processed leave the hand. */
    List<StreamRecord> settle() {
        return leave(Math.min(declared, records.size()));
    }

    /** The first {@code count} records are given up. */
    List<StreamRecord> giveUp(int count) {
        isAgain = false;
        failures = 0;
        List<StreamRecord> lost = leave(count);
        isolation.found();
        return lost;
    }

    private List<StreamRecord> leave(int count) {
        List<StreamRecord> leaving = records.subList(0, count);
        records = records.subList(count, records.size());
        declared = Math.max(0, declared - count);
        isolation.passed(count);
        bisection.passed(count);
        return leaving;
    }

    /**
     * The processor declares everything up to {@code upTo} processed.
     *
     * @throws IllegalArgumentException if that was not offered
     */
    void declare(RecordPosition upTo) {
        if (offered == null || upTo.compareTo(offered) > 0) {
            throw new IllegalArgumentException(
                    "cannot checkpoint " + spoken(upTo) + ": it is beyond the last delivered record ("
                            + (offered == null ? "none" : spoken(offered)) + ")");
        }
        while (!undeclared.isEmpty() && undeclared.element().compareTo(upTo) <= 0) {
            undeclared.remove();
        }
        while (declared < records.size() && records.get(declared).position().compareTo(upTo) <= 0) {
            declared++;
        }
    }

    /**
     * Checks that a record at {@code position} may have been offered.
     *
     * @throws IllegalArgumentException if it is beyond the last one that was
     */
    void checkOffered(RecordPosition position) {
        if (offered == null || position.compareTo(offered) > 0) {
            throw new IllegalArgumentException(
                    "cannot checkpoint " + spoken(position) + ": it is beyond the last delivered record ("
                            + (offered == null ? "none" : spoken(offered)) + ")");
        }
    }

    /** The last record that was ever offered; absent if there is none. */
    @Nullable
    RecordPosition lastOffered() {
        return offered;
    }

    /** A call with the records that came next threw. */
    void failed() {
        failures++;
    }

    /** How many calls threw with the records at the head of the hand. */
    int failures() {
        return failures;
    }

    /** True while a record that fails is looked for. */
    boolean isIsolating() {
        return isolation.isUnderWay();
    }

    /** The first {@code count} records failed together: one of them is looked for. */
    void isolate(int count) {
        isolation.failed(count);
    }

    /** The first {@code count} records failed: they come in halves from now on, if they are several. */
    void bisect(int count) {
        bisection.failed(count, records.size());
    }

    /** The first {@code count} records, in words. */
    String range(int count) {
        String from = spoken(records.get(0).position());
        return count == 1
                ? from
                : from + " to " + spoken(records.get(count - 1).position()) + ", " + count + " records";
    }

    private static String spoken(RecordPosition position) {
        return position.sequenceNumber() + "/" + position.subSequenceNumber();
    }
}
