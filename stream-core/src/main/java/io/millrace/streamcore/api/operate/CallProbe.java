package io.millrace.streamcore.api.operate;

import io.millrace.streamcore.api.call.ErrorCode;
import org.jspecify.annotations.Nullable;

/** Hears of every call of one operation. Only adds to counters: never blocks or throws. Safe for any thread. */
@FunctionalInterface
public interface CallProbe {
    /** Hears nothing. */
    CallProbe NONE = (error, nanos) -> {};

    /**
     * A call has its answer.
     *
     * @param errorOrNull what it was refused with, absent when it succeeded
     * @param nanos from the whole request to the answer, its way over the network left out
     */
    void ended(@Nullable ErrorCode errorOrNull, long nanos);

    /** Makes probes; asked once an operation. */
    @FunctionalInterface
    interface Source {
        /** Those that hear nothing. */
        Source NONE = operation -> CallProbe.NONE;

        /** The probe of an operation, by its name in the API; {@code Unknown} stands for all others. */
        CallProbe of(String operation);
    }
}
