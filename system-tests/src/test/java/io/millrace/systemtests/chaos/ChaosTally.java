package io.millrace.systemtests.chaos;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/** Which records have been processed so far, for those who wait for it. Safe for any thread. */
final class ChaosTally {
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, BitSet> seen = new HashMap<>();
    private final AtomicLong size = new AtomicLong();

    /** Adds the records of a batch and says how many are new. */
    int add(ChaosNote.Batch batch) {
        lock.lock();
        try {
            int added = 0;
            String records = batch.records();
            for (int start = 0; start < records.length(); ) {
                int colon = records.indexOf(':', start);
                int comma = records.indexOf(',', colon);
                int end = comma < 0 ? records.length() : comma;
                BitSet numbers = seen.computeIfAbsent(records.substring(start, colon), unused -> new BitSet());
                int number = Integer.parseInt(records, colon + 1, end, 10);
                if (!numbers.get(number)) {
                    numbers.set(number);
                    added++;
                }
                start = end + 1;
            }
            size.addAndGet(added);
            return added;
        } finally {
            lock.unlock();
        }
    }

    /** How many different records were processed. */
    long size() {
        return size.get();
    }

    /** Whether all of these were. */
    boolean holds(Map<String, BitSet> numbers) {
        lock.lock();
        try {
            return numbers.entrySet().stream().allMatch(each -> {
                BitSet missing = (BitSet) each.getValue().clone();
                missing.andNot(seen.getOrDefault(each.getKey(), new BitSet()));
                return missing.isEmpty();
            });
        } finally {
            lock.unlock();
        }
    }
}
