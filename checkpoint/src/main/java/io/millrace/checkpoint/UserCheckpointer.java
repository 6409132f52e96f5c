package io.millrace.checkpoint;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.CheckpointOutcome;
import io.millrace.model.RecordPosition;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** The user's face of {@link ShardCheckpoints}: turns its answers into returns and exceptions. Safe for any thread. */
final class UserCheckpointer implements Checkpointer {
    private final ShardCheckpoints checkpoints;
    private final Declarations declarations;

    UserCheckpointer(ShardCheckpoints checkpoints, Declarations declarations) {
        this.checkpoints = checkpoints;
        this.declarations = declarations;
    }

    @Override
    public void checkpoint() {
        await(null);
    }

    @Override
    public void checkpoint(RecordPosition position) {
        await(requireNonNull(position, "position"));
    }

    @Override
    public CompletionStage<Void> checkpointAsync() {
        return asked(null);
    }

    @Override
    public CompletionStage<Void> checkpointAsync(RecordPosition position) {
        return asked(requireNonNull(position, "position"));
    }

    @Override
    public boolean isLeaseLost() {
        return !checkpoints.lease().isValid();
    }

    private CompletionStage<Void> asked(@Nullable RecordPosition position) {
        CompletableFuture<Void> result = new CompletableFuture<>();
        CompletableFuture<CheckpointOutcome> unused = checkpoints
                .declare(position, declarations)
                .whenComplete((outcome, error) -> {
                    RuntimeException failure = failureOf(outcome, error);
                    checkpoints.continueElsewhere(() -> {
                        if (failure == null) {
                            result.complete(null);
                        } else {
                            result.completeExceptionally(failure);
                        }
                    });
                });
        return result.minimalCompletionStage();
    }

    private void await(@Nullable RecordPosition position) {
        if (checkpoints.inEventLoop()) {
            throw new IllegalStateException("a checkpoint blocks; do not ask for one on an event loop");
        }
        CompletableFuture<CheckpointOutcome> answer = checkpoints.declare(position, declarations);
        CheckpointOutcome outcome = null;
        Throwable error = null;
        try {
            outcome = answer.get();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw failed("interrupted while waiting for the checkpoint of ", interrupted);
        } catch (ExecutionException failure) {
            error = failure.getCause();
        }
        RuntimeException failure = failureOf(outcome, error);
        if (failure != null) {
            throw failure;
        }
    }

    private @Nullable RuntimeException failureOf(@Nullable CheckpointOutcome outcome, @Nullable Throwable error) {
        if (error instanceof IllegalArgumentException refused) {
            return new IllegalArgumentException(refused.getMessage(), refused);
        }
        if (error instanceof CheckpointFailedException known) {
            return new CheckpointFailedException(String.valueOf(known.getMessage()), known);
        }
        if (error != null) {
            return failed("it is not known whether the checkpoint was saved of ", error);
        }
        return outcome == CheckpointOutcome.LEASE_LOST
                ? new LeaseLostException(
                        checkpoints.lease().key(), checkpoints.lease().epoch())
                : null;
    }

    private CheckpointFailedException failed(String what, @Nullable Throwable cause) {
        return new CheckpointFailedException(what + checkpoints.lease().key(), cause);
    }
}
