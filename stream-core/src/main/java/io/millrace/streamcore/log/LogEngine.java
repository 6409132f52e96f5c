package io.millrace.streamcore.log;

import io.millrace.model.Bytes;
import java.nio.file.Path;
import java.util.List;
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

    /** Opens a stream's log that was made before; fails with {@link CorruptLogException} if files of it are gone. */
    CompletableFuture<ShardLog> openExisting(String name);

    /** The names of all logs that storage holds anything of, open or not, in order. */
    CompletableFuture<List<String>> names();

    /**
     * Moves what is left of a log that cannot be opened out of the way, durably, and keeps a note with it. From now on
     * there is no log of this name.
     *
     * @return where it is now
     */
    CompletableFuture<Path> setAside(String name, Bytes note);

    /** Deletes a stream's log for good, also one that is not open; a log that does not exist is fine. */
    CompletableFuture<Void> drop(String name);

    /** Lets what was accepted become durable and lets go of everything. Completes when that is done. */
    CompletableFuture<Void> close();
}
