package io.millrace.consumer.shard;

import io.millrace.model.StreamRecord;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * Says, from what one processor sees of its calls, which records its lane's policy may give up now: the rules of
 * {@link io.millrace.consumer.delivery.FailurePolicy} once more, without a lane. Where times decide, or a declaration comes from
 * a thread of its own, only what may happen is known. One thread.
 */
final class LaneJudge {
    /** A worker hears of what a call came to within this time. */
    private static final Duration LATE = Duration.ofMillis(500);

    private final Simulation sim;
    private final GivingUp policy;
    /** Calls in a row that threw. */
    private int failures;

    private Duration firstFailure = Duration.ZERO;
    /** How many records at the head of the batch hold one that fails; 0 while none is looked for. */
    private int suspects;

    /** The records of the last call that threw, but for those that it had declared. */
    private List<StreamRecord> left = List.of();

    private boolean mayGiveUp;
    private boolean isSure = true;

    LaneJudge(Simulation sim, GivingUp policy) {
        this.sim = sim;
        this.policy = policy;
    }

    /** A batch comes for the first time, or the records after one that was given up begin anew. */
    void beginsAnew() {
        failures = 0;
        suspects = 0;
        isSure = true;
        forget();
    }

    /** The first {@code records} of the batch are processed, or declared so within a call. */
    void passed(int records) {
        if (records > 0) {
            failures = 0;
            suspects = Math.max(0, suspects - records);
            forget();
        }
    }

    /** A declaration came from a thread of its own, after a call that threw. */
    void declaredLater() {
        isSure = false;
    }

    /** A call threw; of its records {@code records} were not declared before. */
    void failed(List<StreamRecord> records) {
        forget();
        if (records.isEmpty()) {
            failures = 0;
            return;
        }
        left = List.copyOf(records);
        if (failures++ == 0) {
            firstFailure = sim.elapsed();
        }
        boolean isExhausted = failures >= policy.tries();
        isSure &= isExhausted || suspects > 0 || policy.isCounted();
        if (suspects > 0 || isExhausted || reached(records.get(0))) {
            if (policy.isolates() && records.size() > 1) {
                suspects = records.size();
            } else {
                mayGiveUp = true;
            }
        }
    }

    /** Time may have passed enough for a worker that hears of a failure a little after the processor. */
    private boolean reached(StreamRecord first) {
        Duration time = policy.time();
        Duration age = policy.age();
        return (time != null && sim.elapsed().plus(LATE).minus(firstFailure).compareTo(time) >= 0)
                || (age != null
                        && !sim.clock()
                                .instant()
                                .plus(LATE)
                                .isBefore(first.arrival().plus(age)));
    }

    private void forget() {
        left = List.of();
        mayGiveUp = false;
    }

    /** True if the records of the last call that threw must be given up. */
    boolean mustGiveUp() {
        return mayGiveUp && isSure;
    }

    /** True if {@code records} come again that must be given up. */
    boolean mustHaveGivenUp(List<StreamRecord> records) {
        return mustGiveUp() && !records.isEmpty() && records.get(0).equals(left.get(0));
    }

    /** True if exactly {@code records} may be given up now. Others of the last call may have been declared since. */
    boolean mayGiveUp(List<StreamRecord> records, Set<StreamRecord> declared) {
        int before = left.size() - records.size();
        if (before < 0 || !left.subList(before, left.size()).equals(records)) {
            return false;
        }
        boolean isFound = mayGiveUp || (before > 0 && suspects > 0 && records.size() == 1);
        return isFound && declared.containsAll(left.subList(0, before));
    }
}
