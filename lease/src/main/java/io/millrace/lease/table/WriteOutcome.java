package io.millrace.lease.table;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What became of a conditional write that the table answered. */
public sealed interface WriteOutcome {
    /** The write was applied; the table holds what was written under the next revision. */
    record Applied() implements WriteOutcome {}

    /**
     * The row was not at the revision that the writer had seen; nothing was changed.
     *
     * @param currentOrNull the row as it is; absent when there is none
     */
    record Conflict(@Nullable Row currentOrNull) implements WriteOutcome {
        /** The row as it is; empty when there is none. */
        public Optional<Row> current() {
            return Optional.ofNullable(currentOrNull);
        }
    }

    /** The write was applied. */
    static WriteOutcome applied() {
        return new Applied();
    }

    /** The write met {@code current} instead of what its writer had seen. */
    static WriteOutcome conflict(@Nullable Row current) {
        return new Conflict(current);
    }

    /** True when the write was applied. */
    default boolean isApplied() {
        return this instanceof Applied;
    }
}
