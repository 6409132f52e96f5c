package io.millrace.consumer.mapping;

import static java.util.Objects.requireNonNull;

import io.millrace.consumer.processor.ShardContext;
import io.millrace.model.StreamRecord;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A call of a function.
 *
 * @param shard where the records come from
 * @param records in order; none in the last call for a window
 * @param windowOrNull the window that all of them are in; absent where there are no windows
 * @param loss asked by {@link #isLeaseLost}
 */
public record Invocation(
        ShardContext shard,
        List<StreamRecord> records,
        @Nullable TumblingWindow windowOrNull,
        BooleanSupplier loss) {
    /** Checks the parts and copies the list. */
    public Invocation {
        requireNonNull(shard, "shard");
        requireNonNull(loss, "loss");
        records = List.copyOf(records);
    }

    /** True once another worker may own the shard: what is done from now on may be done there at the same time. Safe for any thread. */
    public boolean isLeaseLost() {
        return loss.getAsBoolean();
    }
}
