package io.millrace.cli.demo;

import io.millrace.cli.demo.WorkerMessage.Processed;
import io.millrace.cli.demo.WorkerMessage.Read;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The books of the demo: what was put and what the workers say they processed. The records of a key are numbered 1, 2, 3
 * in the order they were put. Judging happens at the end, over the reports in the order of their time stamps, because
 * they come through one pipe per worker. Belongs to the demo's event loop.
 */
final class Ledger {
    private final Map<String, Integer> putOfKey = new HashMap<>();
    private final Map<String, BitSet> seenOfKey = new HashMap<>();
    private final Map<String, Long> putPerShard = new HashMap<>();
    private final Map<String, Long> donePerShard = new HashMap<>();
    private final List<Processed> reports = new ArrayList<>();
    private final Map<String, Read> reads = new HashMap<>();
    private long put;
    private long distinct;

    /** The next record of {@code key} is in {@code shard}. */
    void acknowledged(String key, String shard) {
        put++;
        putOfKey.merge(key, 1, Integer::sum);
        putPerShard.merge(shard, 1L, Long::sum);
    }

    /** A worker processed a record, for the first time or again. */
    void processed(Processed report) {
        reports.add(report);
        BitSet seen = seenOfKey.computeIfAbsent(report.key(), unused -> new BitSet());
        if (!seen.get(report.number())) {
            seen.set(report.number());
            distinct++;
            donePerShard.merge(report.shard(), 1L, Long::sum);
        }
    }

    /** How a worker's records came to it so far. */
    void read(String worker, Read read) {
        reads.put(worker, read);
    }

    /** How many records were put so far. */
    long put() {
        return put;
    }

    /** How many of them were processed so far, each counted once. */
    long distinct() {
        return distinct;
    }

    /** How often a record was processed again. */
    long duplicates() {
        return reports.size() - distinct;
    }

    /** How many records of a shard are put but not processed. */
    long behind(String shard) {
        return Math.max(0, putPerShard.getOrDefault(shard, 0L) - donePerShard.getOrDefault(shard, 0L));
    }

    /** How many records went into these shards. */
    long putInto(Collection<String> shards) {
        return shards.stream()
                .mapToLong(shard -> putPerShard.getOrDefault(shard, 0L))
                .sum();
    }

    /**
     * The verdict, with how many records met each step.
     *
     * @param isFanOut true when records were to come by pipes
     */
    DemoReport judge(List<DemoReport.Met> steps, boolean isFanOut) {
        long lost = 0;
        for (Map.Entry<String, Integer> key : putOfKey.entrySet()) {
            BitSet seen = seenOfKey.getOrDefault(key.getKey(), new BitSet());
            lost += key.getValue() - seen.get(1, key.getValue() + 1).cardinality();
        }
        return new DemoReport(
                put,
                reports.size(),
                distinct,
                duplicates(),
                orderViolations(),
                lost,
                steps,
                isFanOut ? allReads() : null);
    }

    private Read allReads() {
        return reads.values().stream()
                .reduce(
                        new Read(0, 0),
                        (one, other) -> new Read(one.piped() + other.piped(), one.polled() + other.polled()));
    }

    /**
     * A record is out of order when a later one of its key was processed before it: for the first time anywhere, or at
     * all within the same ownership. What comes again after a crash, to another owner, is a duplicate and no violation.
     */
    private long orderViolations() {
        List<Processed> inTime = new ArrayList<>(reports);
        inTime.sort(Comparator.comparingLong(Processed::micros));
        Map<String, Integer> lastOfOwnership = new HashMap<>();
        Map<String, Integer> highestFirst = new HashMap<>();
        Map<String, BitSet> seen = new HashMap<>();
        long violations = 0;
        for (Processed report : inTime) {
            String ownership = report.shard() + " " + report.epoch() + " " + report.key();
            Integer before = lastOfOwnership.put(ownership, report.number());
            boolean wrong = before != null && before >= report.number();
            BitSet numbers = seen.computeIfAbsent(report.key(), unused -> new BitSet());
            if (!numbers.get(report.number())) {
                numbers.set(report.number());
                wrong |= highestFirst.getOrDefault(report.key(), 0) > report.number();
                highestFirst.merge(report.key(), report.number(), Math::max);
            }
            violations += wrong ? 1 : 0;
        }
        return violations;
    }
}
