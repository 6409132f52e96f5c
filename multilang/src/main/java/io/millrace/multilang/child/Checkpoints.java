package io.millrace.multilang.child;

import io.millrace.multilang.line.FromChild;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Serves a child's checkpoints, from the moment that it is told an action until it is told the next. Called on the loop of the children. */
public interface Checkpoints {
    /**
     * Saves a checkpoint.
     *
     * @return completes, on any thread, with the error that the child is told, or with null if the checkpoint is saved; never
     *     exceptionally
     */
    CompletableFuture<@Nullable String> save(FromChild.Checkpoint asked);

    /** True once nothing that the child does is saved any more. */
    boolean isLeaseLost();

    /** Those of a child that cannot checkpoint now: each is refused with {@code error}. */
    static Checkpoints refused(String error) {
        return new Checkpoints() {
            @Override
            public CompletableFuture<@Nullable String> save(FromChild.Checkpoint asked) {
                return CompletableFuture.completedFuture(error);
            }

            @Override
            public boolean isLeaseLost() {
                return false;
            }
        };
    }
}
