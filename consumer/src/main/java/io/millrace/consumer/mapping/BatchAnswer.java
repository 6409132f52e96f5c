package io.millrace.consumer.mapping;

import io.millrace.model.SequenceNumber;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The answer of a function to an invocation.
 *
 * @param failures records that were not processed, where the mapping reports failures of single records: all from the lowest of them
 *     on come again. None where the whole batch is processed
 * @param stateOrNull what the function wants to know when it is called again for the same window, at most 1 MB. Absent where there are
 *     no windows; an answer without it fails where there are
 */
public record BatchAnswer(
        List<SequenceNumber> failures, @Nullable String stateOrNull) {
    /** All is processed, and there is no state. */
    public static final BatchAnswer PROCESSED = new BatchAnswer(List.of(), null);

    /** Copies the list. */
    public BatchAnswer {
        failures = List.copyOf(failures);
    }

    /** All is processed, and this is the window's state. */
    public static BatchAnswer of(String state) {
        return new BatchAnswer(List.of(), state);
    }

    /** Tells nothing of the state. */
    @Override
    public String toString() {
        return "BatchAnswer[" + failures.size() + " failures" + (stateOrNull == null ? "" : ", a state") + "]";
    }
}
