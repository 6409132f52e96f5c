package io.millrace.systemtests.worker;

import io.millrace.consumer.processor.RecordProcessor;
import io.millrace.model.StreamRecord;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** What the processors of all workers of a test have seen. Safe for any thread. */
final class Ledger {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition grown = lock.newCondition();
    private final Set<Integer> seen = new HashSet<>();
    private final Map<String, Integer> lastOfKey = new HashMap<>();
    private final Set<String> shards = new TreeSet<>();
    private int duplicates;
    private int disorders;

    /** A processor that writes what it gets into this ledger. */
    RecordProcessor processor() {
        return batch ->
                batch.records().forEach(record -> add(batch.shard().shard().value(), record));
    }

    /** Processors that do nothing. */
    static Supplier<RecordProcessor> none() {
        return () -> batch -> {};
    }

    void add(String shard, StreamRecord record) {
        int number = Integer.parseInt(record.data().toUtf8());
        lock.lock();
        try {
            shards.add(shard);
            if (!seen.add(number)) {
                duplicates++;
            } else {
                Integer last = lastOfKey.put(record.partitionKey(), number);
                if (last != null && last > number) {
                    disorders++;
                }
            }
            grown.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until {@code count} different records were seen. */
    void await(int count, Duration limit) throws InterruptedException {
        long left = limit.toNanos();
        lock.lock();
        try {
            while (seen.size() < count) {
                if (left <= 0) {
                    throw new AssertionError(
                            "only " + seen.size() + " of " + count + " records after " + limit + ", from " + shards);
                }
                left = grown.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    /** How many different records came. */
    int size() {
        lock.lock();
        try {
            return seen.size();
        } finally {
            lock.unlock();
        }
    }

    /** How many records came more than once. */
    int duplicates() {
        lock.lock();
        try {
            return duplicates;
        } finally {
            lock.unlock();
        }
    }

    /** How many records came before an earlier one of their key. */
    int disorders() {
        lock.lock();
        try {
            return disorders;
        } finally {
            lock.unlock();
        }
    }

    /** The shards that records came from. */
    Set<String> shards() {
        lock.lock();
        try {
            return new TreeSet<>(shards);
        } finally {
            lock.unlock();
        }
    }
}
