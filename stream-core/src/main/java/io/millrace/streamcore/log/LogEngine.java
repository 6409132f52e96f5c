package io.millrace.streamcore.log;

import java.util.concurrent.CompletableFuture;

/**
 * Where logs and catalog are kept: what opens the two storage interfaces. Safe for any thread; nothing blocks. Futures
 * fail with a {@link LogException}.
 */
public interface LogEngine {
    /** The catalog, replayed. */
    MetaStore meta();

    /**
     * Opens a stream's log and makes it if there is none. Whoever opens a name twice gets the same log.
     *
     * @param name 1 to 200 letters, digits, {@code _}, {@code .}, {@code -} or {@code @}, not beginning with a dot
     */
    CompletableFuture<ShardLog> open(String name);

    /** Deletes a stream's log for good, also one that is not open; a log that does not exist is fine. */
    CompletableFuture<Void> drop(String name);

    /** Lets what was accepted become durable and lets go of everything. Completes when that is done. */
    CompletableFuture<Void> close();
}
