package io.millrace.streamcore.api.faults;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.EventLoop;
import io.millrace.streamcore.api.call.Operation;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Makes the faults of a plan. Draws for the nth call of an operation do not depend on other calls, so that with one seed a
 * client that does the same meets the same. Safe for any thread.
 */
public final class Faults implements AutoCloseable {
    /** None. */
    public static final Faults NONE = new Faults(null, 0, null);

    private final @Nullable FaultPlan planOrNull;
    private final long seed;
    private final @Nullable EventLoop timerOrNull;

    private Faults(@Nullable FaultPlan planOrNull, long seed, @Nullable EventLoop timerOrNull) {
        this.planOrNull = planOrNull;
        this.seed = seed;
        this.timerOrNull = timerOrNull;
    }

    /**
     * Faults of this plan.
     *
     * @param seed draws them if the plan has no seed of its own
     * @param timer delays answers; closed with the faults
     */
    public static Faults of(FaultPlan plan, long seed, EventLoop timer) {
        return new Faults(requireNonNull(plan, "plan"), plan.seed().orElse(seed), requireNonNull(timer, "timer"));
    }

    /** The operation, with the faults that the plan wants of it; the operation itself if it wants none. */
    public Operation in(String name, Operation operation) {
        if (planOrNull == null || timerOrNull == null) {
            return operation;
        }
        FaultRule rule = planOrNull.rule(name);
        return rule.equals(FaultRule.NONE)
                ? operation
                : new FaultyOperation(name, operation, rule, new Draws(seed, name), timerOrNull);
    }

    /** The faults of the single records of PutRecords, if the plan wants some. */
    public Optional<RecordFaults> ofRecords() {
        FaultRule rule = planOrNull == null ? FaultRule.NONE : planOrNull.rule("PutRecords");
        return rule.throttle() > 0 || rule.internal() > 0
                ? Optional.of(new RecordFaults(rule, new Draws(seed, "records")))
                : Optional.empty();
    }

    @Override
    public void close() {
        if (timerOrNull != null) {
            timerOrNull.close();
        }
    }

    /** Gives each call of an operation randomness of its own, by its number. Safe for any thread. */
    static final class Draws {
        private static final long GOLDEN = 0x9e3779b97f4a7c15L;

        private final long seed;
        private final AtomicLong calls = new AtomicLong();

        Draws(long seed, String name) {
            this.seed = seed ^ (name.hashCode() * GOLDEN);
        }

        SplittableRandom next() {
            // The first split parts neighbouring seeds.
            return new SplittableRandom(seed + calls.getAndIncrement() * GOLDEN).split();
        }
    }
}
