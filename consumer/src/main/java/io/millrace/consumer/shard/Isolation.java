package io.millrace.consumer.shard;

/**
 * The search for the record of a batch that fails: halves, in order, until one record fails by itself. Pure; belongs to the loop
 * of its lane.
 */
final class Isolation {
    /** How many records at the head of the batch hold one that fails; 0 while none is searched for. */
    private int suspects;

    boolean isUnderWay() {
        return suspects > 0;
    }

    /** How many of {@code left} records to hand out next. */
    int next(int left) {
        return suspects == 0 ? left : Math.min(left, Math.max(1, suspects / 2));
    }

    /** The first {@code records} were handed out and failed. */
    void failed(int records) {
        suspects = records;
    }

    /** The record that fails was found: of those after it nobody knows. */
    void found() {
        suspects = 0;
    }

    /** The first {@code records} are done with. */
    void passed(int records) {
        suspects = Math.max(0, suspects - records);
    }
}
