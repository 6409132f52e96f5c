package io.millrace.consumer.shard;

import io.millrace.checkpoint.Checkpointer;
import io.millrace.checkpoint.PreparedCheckpoint;
import io.millrace.consumer.delivery.FailurePolicy;
import io.millrace.consumer.letters.LetterSink;
import io.millrace.consumer.processor.AsyncRecordProcessor;
import io.millrace.consumer.processor.ProcessorBrokenException;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.consumer.processor.ShardContext;
import io.millrace.consumer.watch.RunningCall;
import io.millrace.fanout.RecordSourceListener;
import io.millrace.fanout.RecordSources;
import io.millrace.fanout.SourceBatch;
import io.millrace.model.Bytes;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.StreamRecord;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** An error made on purpose in how records are delivered, seen from what a consumer is made of. */
enum DeliveryMutation {
    /** No error. */
    NONE,
    /** A call that threw counts as one that returned. */
    FAILURES_FORGOTTEN {
        @Override
        UserCalls calls(UserCalls calls) {
            return new ForgivingCalls(calls);
        }
    },
    /** Letters are taken for written that were not. */
    LETTERS_LOST {
        @Override
        LetterSink sink(LetterSink sink) {
            return letters -> {};
        }
    },
    /** The letter sink's failure counts as success. */
    SINK_FAILURE_FORGOTTEN {
        @Override
        LetterSink sink(LetterSink sink) {
            return letters -> {
                try {
                    sink.write(letters);
                } catch (Exception forgotten) {
                    // That is the error.
                }
            };
        }
    },
    /** A source that is opened at a checkpoint begins at the tip. */
    RESUMES_AT_THE_TIP {
        @Override
        Position opened(Position from) {
            return from instanceof Position.TrimHorizon ? from : Position.latest();
        }
    },
    /** A source that is opened at a checkpoint begins at the shard's beginning. */
    RESUMES_AT_THE_BEGINNING {
        @Override
        Position opened(Position from) {
            return Position.trimHorizon();
        }
    },
    /** One record in a hundred is not given out. */
    RECORDS_DROPPED {
        @Override
        List<StreamRecord> given(List<StreamRecord> records) {
            return records.size() > 3 ? records.subList(0, records.size() - 1) : records;
        }
    },
    /** Records of a batch come in another order. */
    RECORDS_REVERSED {
        @Override
        List<StreamRecord> given(List<StreamRecord> records) {
            List<StreamRecord> reversed = new ArrayList<>(records);
            Collections.reverse(reversed);
            return reversed;
        }
    },
    /** The shard ends though it has records left. */
    ENDS_EARLY {
        @Override
        boolean endsEarly() {
            return true;
        }
    },
    /** Batches are given out twice. */
    BATCHES_TWICE {
        @Override
        List<StreamRecord> given(List<StreamRecord> records) {
            List<StreamRecord> twice = new ArrayList<>(records);
            twice.addAll(records);
            return twice;
        }
    },
    /** Two ownerships of a shard run beside each other. */
    NO_TURNS {
        @Override
        ShardTurns turns(ShardTurns turns) {
            return new ShardTurns();
        }
    },
    /** A call is made a second time when it has returned. */
    CALLS_TWICE {
        @Override
        UserCalls calls(UserCalls calls) {
            return new RepeatedCalls(calls);
        }
    },
    /** Records are given up at their first failure, whatever the policy says. */
    GIVES_UP_AT_ONCE {
        @Override
        GivingUp givingUp(GivingUp policy) {
            return policy.withTries(1);
        }
    },
    /** Records have one try more than the policy says. */
    GIVES_UP_LATE {
        @Override
        GivingUp givingUp(GivingUp policy) {
            return policy.isCounted() ? policy.withTries(policy.tries() + 1) : policy;
        }
    },
    /** Records are left out where the policy stops. */
    LEAVES_OUT_INSTEAD_OF_STOPPING {
        @Override
        GivingUp givingUp(GivingUp policy) {
            return policy.then() == FailurePolicy.Then.LETTER ? policy : policy.with(FailurePolicy.Then.SKIP);
        }
    },
    /** Nobody hears that the policy stops the worker. */
    STOP_UNTOLD {
        @Override
        boolean tellsOfStops() {
            return false;
        }
    },
    /** A declaration of a part of a batch counts for all of it. */
    PART_COUNTS_AS_ALL {
        @Override
        Supplier<AsyncRecordProcessor> processors(Supplier<AsyncRecordProcessor> processors) {
            return () -> new PassingProcessor(processors.get()) {
                @Override
                public CompletionStage<?> processRecords(RecordBatch batch) {
                    return super.processRecords(new Wide(batch.checkpointer()).in(batch));
                }
            };
        }
    },
    /** Declarations within a call are forgotten. */
    PART_FORGOTTEN {
        @Override
        Supplier<AsyncRecordProcessor> processors(Supplier<AsyncRecordProcessor> processors) {
            return () -> new PassingProcessor(processors.get()) {
                @Override
                public CompletionStage<?> processRecords(RecordBatch batch) {
                    return super.processRecords(new Forgetful(batch.checkpointer()).in(batch));
                }
            };
        }
    },
    /** A shard whose end was told has ended, whatever came of that. */
    END_TOLD_ONCE {
        @Override
        Supplier<AsyncRecordProcessor> processors(Supplier<AsyncRecordProcessor> processors) {
            return () -> new PassingProcessor(processors.get()) {
                @Override
                public CompletionStage<?> shardEnded(Checkpointer checkpointer) {
                    return super.shardEnded(checkpointer).handle((value, error) -> value);
                }
            };
        }
    },
    /** A processor that broke is called again. */
    BROKEN_ONE_KEPT {
        @Override
        Supplier<AsyncRecordProcessor> processors(Supplier<AsyncRecordProcessor> processors) {
            return () -> new PassingProcessor(processors.get()) {
                @Override
                public CompletionStage<?> processRecords(RecordBatch batch) {
                    return super.processRecords(batch)
                            .exceptionallyCompose(error -> CompletableFuture.failedStage(
                                    error instanceof ProcessorBrokenException
                                            ? new IllegalStateException(error)
                                            : error));
                }
            };
        }
    };

    UserCalls calls(UserCalls calls) {
        return calls;
    }

    LetterSink sink(LetterSink sink) {
        return sink;
    }

    ShardTurns turns(ShardTurns turns) {
        return turns;
    }

    /** The policy that lanes have instead of the world's. */
    GivingUp givingUp(GivingUp policy) {
        return policy;
    }

    Supplier<AsyncRecordProcessor> processors(Supplier<AsyncRecordProcessor> processors) {
        return processors;
    }

    boolean tellsOfStops() {
        return true;
    }

    Position opened(Position from) {
        return from;
    }

    List<StreamRecord> given(List<StreamRecord> records) {
        return records;
    }

    boolean endsEarly() {
        return false;
    }

    /** Sources with the error. */
    RecordSources sources(RecordSources sources) {
        return (PlainSources) (stream, shard, keys, from, listener) ->
                new WrongSource(this, listener).open(taker -> sources.open(stream, shard, keys, opened(from), taker));
    }

    private record ForgivingCalls(UserCalls inner) implements UserCalls {
        @Override
        public void goOnElsewhere(Runnable task) {
            inner.goOnElsewhere(task);
        }

        @Override
        @SuppressWarnings("unchecked") // Outcomes are the only values there are.
        public <T> RunningCall call(
                Callable<? extends CompletionStage<T>> code, BiConsumer<@Nullable T, @Nullable Throwable> done) {
            return inner.call(
                    code,
                    (value, error) ->
                            done.accept(error == null ? value : (T) new ProcessorCalls.Outcome.Returned(), null));
        }
    }

    private record RepeatedCalls(UserCalls inner) implements UserCalls {
        @Override
        public void goOnElsewhere(Runnable task) {
            inner.goOnElsewhere(task);
        }

        @Override
        public <T> RunningCall call(
                Callable<? extends CompletionStage<T>> code, BiConsumer<@Nullable T, @Nullable Throwable> done) {
            return inner.call(
                    () -> {
                        CompletionStage<T> first = code.call();
                        return first.thenCompose(value -> {
                            try {
                                return code.call();
                            } catch (Exception thrown) {
                                return CompletableFuture.failedFuture(thrown);
                            }
                        });
                    },
                    done);
        }
    }

    /** A source that does wrong what its mutation says. */
    private static final class WrongSource extends PassingSource {
        private final DeliveryMutation mutation;
        private int batches;

        WrongSource(DeliveryMutation mutation, RecordSourceListener listener) {
            super(listener);
            this.mutation = mutation;
        }

        @Override
        public void release(SourceBatch batch) {
            // This batch was released before; the one that was given out is another.
        }

        @Override
        public void batch(SourceBatch batch) {
            super.release(batch);
            if (mutation.endsEarly() && ++batches > 3) {
                shardEnded(List.of());
            } else {
                super.batch(new SourceBatch(mutation.given(batch.records()), batch.millisBehindLatest()));
            }
        }
    }

    /** Passes all calls on. */
    private static class PassingProcessor implements AsyncRecordProcessor {
        private final AsyncRecordProcessor inner;

        PassingProcessor(AsyncRecordProcessor inner) {
            this.inner = inner;
        }

        @Override
        public CompletionStage<?> initialize(ShardContext shard) {
            return inner.initialize(shard);
        }

        @Override
        public CompletionStage<?> processRecords(RecordBatch batch) {
            return inner.processRecords(batch);
        }

        @Override
        public CompletionStage<?> leaseLost() {
            return inner.leaseLost();
        }

        @Override
        public CompletionStage<?> shardEnded(Checkpointer checkpointer) {
            return inner.shardEnded(checkpointer);
        }

        @Override
        public CompletionStage<?> shutdownRequested(Checkpointer checkpointer) {
            return inner.shutdownRequested(checkpointer);
        }
    }

    /** The checkpointer of a batch that takes declarations otherwise; only those of positions, without waiting, are made. */
    private abstract static class OtherCheckpointer implements Checkpointer {
        final Checkpointer inner;

        OtherCheckpointer(Checkpointer inner) {
            this.inner = inner;
        }

        /** The batch with this checkpointer. */
        RecordBatch in(RecordBatch batch) {
            return new RecordBatch(
                    batch.shard(),
                    batch.records(),
                    batch.millisBehindLatest(),
                    batch.attempt(),
                    this,
                    batch.readUpToOrNull());
        }

        @Override
        public void checkpoint() {
            throw new UnsupportedOperationException("not asked for");
        }

        @Override
        public void checkpoint(RecordPosition position) {
            throw new UnsupportedOperationException("not asked for");
        }

        @Override
        public CompletionStage<Void> checkpointAsync() {
            return inner.checkpointAsync();
        }

        @Override
        public PreparedCheckpoint prepare(RecordPosition position, Bytes state) {
            throw new UnsupportedOperationException("not asked for");
        }

        @Override
        public CompletionStage<PreparedCheckpoint> prepareAsync(RecordPosition position, Bytes state) {
            throw new UnsupportedOperationException("not asked for");
        }

        @Override
        public boolean isLeaseLost() {
            return inner.isLeaseLost();
        }
    }

    private static final class Wide extends OtherCheckpointer {
        Wide(Checkpointer inner) {
            super(inner);
        }

        @Override
        public CompletionStage<Void> checkpointAsync(RecordPosition position) {
            return inner.checkpointAsync();
        }
    }

    private static final class Forgetful extends OtherCheckpointer {
        Forgetful(Checkpointer inner) {
            super(inner);
        }

        @Override
        public CompletionStage<Void> checkpointAsync(RecordPosition position) {
            return CompletableFuture.completedStage(null);
        }
    }
}
