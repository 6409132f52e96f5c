package io.millrace.checkpoint;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.CheckpointOutcome;
import io.millrace.model.RecordPosition;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** The user's face of {@link ShardCheckpoints}: turns its answers into returns and exceptions. Safe for any thread. */
final class BlockingCheckpointer implements Checkpointer {
    private final ShardCheckpoints checkpoints;

    BlockingCheckpointer(ShardCheckpoints checkpoints) {
        this.checkpoints = checkpoints;
    }

    @Override
    public void checkpoint() {
        await(null);
    }

    @Override
    public void checkpoint(RecordPosition position) {
        await(requireNonNull(position, "position"));
    }

    private void await(@Nullable RecordPosition position) {
        if (checkpoints.inEventLoop()) {
            throw new IllegalStateException("a checkpoint blocks; do not ask for one on an event loop");
        }
        CompletableFuture<CheckpointOutcome> answer = checkpoints.declare(position);
        try {
            if (answer.get() == CheckpointOutcome.LEASE_LOST) {
                throw new LeaseLostException(
                        checkpoints.lease().key(), checkpoints.lease().epoch());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw failed("interrupted while waiting for the checkpoint of ", interrupted);
        } catch (ExecutionException failure) {
            Throwable cause = failure.getCause();
            if (cause instanceof IllegalArgumentException refused) {
                throw new IllegalArgumentException(refused.getMessage(), refused);
            }
            if (cause instanceof CheckpointFailedException known) {
                throw new CheckpointFailedException(String.valueOf(known.getMessage()), known);
            }
            throw failed("it is not known whether the checkpoint was saved of ", cause);
        }
    }

    private CheckpointFailedException failed(String what, @Nullable Throwable cause) {
        return new CheckpointFailedException(what + checkpoints.lease().key(), cause);
    }
}
