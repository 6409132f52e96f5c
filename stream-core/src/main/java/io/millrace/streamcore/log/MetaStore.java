package io.millrace.streamcore.log;

import io.millrace.model.Bytes;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * A small map of catalog keys whose changes are atomic, conditional and durable. Meant for thousands of keys that change
 * seldom: all of it is in memory. Safe for any thread; nothing blocks. Futures fail with a {@link LogException}.
 */
public interface MetaStore {
    /** All keys as they are now, in order. */
    Map<String, Entry> entries();

    /**
     * Makes all parts of a change, or none if one of its conditions does not hold. Completes when durable, whatever the
     * fsync policy of the records is.
     *
     * @return the number of the change, or 0 when a condition did not hold and nothing changed
     */
    CompletableFuture<Long> commit(MetaChange change);

    /**
     * A key's value.
     *
     * @param version the number of the change that wrote it, above 0 and rising
     * @param value the bytes
     */
    record Entry(long version, Bytes value) {}
}
