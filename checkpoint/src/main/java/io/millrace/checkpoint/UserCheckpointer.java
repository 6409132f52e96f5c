package io.millrace.checkpoint;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.CheckpointOutcome;
import io.millrace.model.Bytes;
import io.millrace.model.PendingCheckpoint;
import io.millrace.model.RecordPosition;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
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
        await(() -> checkpoints.declare(null, declarations));
    }

    @Override
    public void checkpoint(RecordPosition position) {
        requireNonNull(position, "position");
        await(() -> checkpoints.declare(position, declarations));
    }

    @Override
    public CompletionStage<Void> checkpointAsync() {
        return asked(checkpoints.declare(null, declarations), null);
    }

    @Override
    public CompletionStage<Void> checkpointAsync(RecordPosition position) {
        return asked(checkpoints.declare(requireNonNull(position, "position"), declarations), null);
    }

    @Override
    public boolean isLeaseLost() {
        return !checkpoints.lease().isValid();
    }

    @Override
    public PreparedCheckpoint prepare(RecordPosition position, Bytes state) {
        PendingCheckpoint pending = new PendingCheckpoint(position, state);
        await(() -> checkpoints.prepare(pending, declarations));
        return new Prepared(position);
    }

    @Override
    public CompletionStage<PreparedCheckpoint> prepareAsync(RecordPosition position, Bytes state) {
        PendingCheckpoint pending = new PendingCheckpoint(position, state);
        return asked(checkpoints.prepare(pending, declarations), new Prepared(position));
    }

    /** A prepared checkpoint, whose commit is a checkpoint like others. */
    private final class Prepared implements PreparedCheckpoint {
        private final RecordPosition position;

        Prepared(RecordPosition position) {
            this.position = position;
        }

        @Override
        public RecordPosition position() {
            return position;
        }

        @Override
        public void commit() {
            checkpoint(position);
        }

        @Override
        public CompletionStage<Void> commitAsync() {
            return checkpointAsync(position);
        }
    }

    private <T> CompletionStage<T> asked(CompletableFuture<CheckpointOutcome> answer, @Nullable T value) {
        CompletableFuture<T> result = new CompletableFuture<>();
        CompletableFuture<CheckpointOutcome> unused = answer.whenComplete((outcome, error) -> {
            RuntimeException failure = failureOf(outcome, error);
            checkpoints.continueElsewhere(() -> {
                if (failure == null) {
                    result.complete(value);
                } else {
                    result.completeExceptionally(failure);
                }
            });
        });
        return result.minimalCompletionStage();
    }

    private void await(Supplier<CompletableFuture<CheckpointOutcome>> question) {
        if (checkpoints.inEventLoop()) {
            throw new IllegalStateException("a checkpoint blocks; do not ask for one on an event loop");
        }
        CheckpointOutcome outcome = null;
        Throwable error = null;
        try {
            outcome = question.get().get();
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
        if (error instanceof IllegalStateException refused) {
            return new IllegalStateException(refused.getMessage(), refused);
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
