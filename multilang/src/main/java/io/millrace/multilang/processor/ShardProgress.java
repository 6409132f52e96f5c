package io.millrace.multilang.processor;

import io.millrace.checkpoint.Checkpointer;
import io.millrace.model.Checkpoint;
import io.millrace.model.RecordPosition;
import io.millrace.multilang.child.Checkpoints;
import io.millrace.multilang.line.FromChild;
import io.millrace.multilang.processor.AskedCheckpoint.Meaning;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * How far a shard's children have come: the records that they were given and are done with, and their checkpoint. Safe for any thread: the worker's
 * calls come one after the other, and checkpoints come on the loop of the children.
 */
final class ShardProgress {
    private volatile Checkpoint saved;
    private volatile @Nullable RecordPosition delivered;
    private volatile @Nullable RecordPosition answered;

    ShardProgress(Checkpoint start) {
        this.saved = start;
    }

    /** Records up to {@code last} are given to the child now, or no more than before where it is absent. */
    void delivers(@Nullable RecordPosition last) {
        if (last != null) {
            delivered = last;
        }
    }

    /** A child is done with the records up to {@code last}, or with none where it is absent. */
    void answered(@Nullable RecordPosition last) {
        if (last != null) {
            answered = last;
        }
    }

    /** All records up to {@code last} are processed, and their checkpoint is on its way: no child needs them again. */
    void processed(RecordPosition last) {
        if (Checkpoint.processed(last).isAfter(saved)) {
            saved = Checkpoint.processed(last);
        }
    }

    /** The checkpoint. */
    Checkpoint saved() {
        return saved;
    }

    /** True if the checkpoint covers all that a child is done with. */
    boolean isAllSaved() {
        RecordPosition last = answered;
        return last == null || !Checkpoint.processed(last).isAfter(saved);
    }

    /** Serves the child's checkpoints of what it was given up to now with {@code checkpointer}. */
    Checkpoints by(Checkpointer checkpointer, boolean isAtEnd) {
        // Kept, for a late checkpoint may come while the next records are on their way.
        RecordPosition upTo = delivered;
        return new Checkpoints() {
            @Override
            public CompletableFuture<@Nullable String> save(FromChild.Checkpoint asked) {
                Meaning meaning = AskedCheckpoint.of(asked, saved, upTo, isAtEnd);
                return ShardProgress.this.save(meaning, upTo, checkpointer);
            }

            @Override
            public boolean isLeaseLost() {
                return checkpointer.isLeaseLost();
            }
        };
    }

    private CompletableFuture<@Nullable String> save(
            Meaning meaning, @Nullable RecordPosition upTo, Checkpointer checkpointer) {
        if (meaning instanceof Meaning.Refused refused) {
            return CompletableFuture.completedFuture(refused.error());
        }
        if (meaning instanceof Meaning.Saved) {
            return CompletableFuture.completedFuture(checkpointer.isLeaseLost() ? AskedCheckpoint.LOST : null);
        }
        boolean isPart = meaning instanceof Meaning.UpTo;
        RecordPosition position = meaning instanceof Meaning.UpTo part ? part.position() : upTo;
        CompletionStage<Void> stage =
                isPart && position != null ? checkpointer.checkpointAsync(position) : checkpointer.checkpointAsync();
        return stage.<@Nullable String>handle((done, error) -> {
                    if (error != null) {
                        return AskedCheckpoint.nameOf(error);
                    }
                    if (position != null && Checkpoint.processed(position).isAfter(saved)) {
                        saved = Checkpoint.processed(position);
                    }
                    return null;
                })
                .toCompletableFuture();
    }
}
