package io.millrace.multilang.child;

import java.util.concurrent.CompletableFuture;

/** Starts processes of children. */
@FunctionalInterface
interface ChildStarter {
    /**
     * Starts the process for a shard, in the background.
     *
     * @param events is told what the process does, on the loop, once it {@linkplain ChildProcess#listen listens}
     * @return completes on any thread; exceptionally if the process cannot be started
     */
    CompletableFuture<ChildProcess> start(ChildName name, ChildProcess.Events events);
}
