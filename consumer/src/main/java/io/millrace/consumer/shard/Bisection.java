package io.millrace.consumer.shard;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A batch that comes in parts because it failed: each part that fails is halved, and both halves come, in order. Pure; belongs to the
 * loop of its lane.
 */
final class Bisection {
    /** How many records each part has, in order; empty while the batch is whole. */
    private final Deque<Integer> parts = new ArrayDeque<>();

    /** How many of {@code left} records to hand out next. */
    int next(int left) {
        Integer first = parts.peek();
        return first == null ? left : Math.min(left, first);
    }

    /** The part in hand failed at its first {@code records}, of {@code left} that the batch has: they come in halves, if there are several. */
    void failed(int records, int left) {
        if (parts.isEmpty()) {
            if (left > records) {
                parts.push(left - records);
            }
        } else {
            int unused = parts.pop();
        }
        if (records > 1) {
            parts.push(records - records / 2);
            parts.push(records / 2);
        } else {
            parts.push(records);
        }
    }

    /** The first {@code records} are done with. */
    void passed(int records) {
        int rest = records;
        while (rest > 0 && !parts.isEmpty()) {
            int first = parts.pop();
            if (first > rest) {
                parts.push(first - rest);
            }
            rest -= Math.min(first, rest);
        }
    }
}
