package io.millrace.consumer.shard;

import static java.util.Objects.requireNonNull;

import io.millrace.consumer.letters.LetterSink;
import io.millrace.consumer.watch.RunningCall;
import io.millrace.fanout.RecordSource;
import io.millrace.fanout.RecordSourceListener;
import io.millrace.fanout.RecordSources;
import io.millrace.fanout.SourceBatch;
import io.millrace.fanout.SourceTrouble;
import io.millrace.model.ChildShard;
import io.millrace.model.Position;
import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamRecord;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
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
        return (PlainSources) (stream, shard, keys, from, listener) -> {
            Wrong source = new Wrong(this, listener);
            source.inner = sources.open(stream, shard, keys, opened(from), source);
            return source;
        };
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
    private static final class Wrong implements RecordSource, RecordSourceListener {
        private final DeliveryMutation mutation;
        private final RecordSourceListener listener;
        private @Nullable RecordSource inner;
        private int batches;

        Wrong(DeliveryMutation mutation, RecordSourceListener listener) {
            this.mutation = mutation;
            this.listener = listener;
        }

        private RecordSource inner() {
            return requireNonNull(inner);
        }

        @Override
        public void request() {
            inner().request();
        }

        @Override
        public void release(SourceBatch batch) {}

        @Override
        public Optional<SequenceNumber> end(List<ChildShard> children) {
            return inner().end(children);
        }

        @Override
        public void close() {
            inner().close();
        }

        @Override
        public void batch(SourceBatch batch) {
            inner().release(batch);
            if (mutation.endsEarly() && ++batches > 3) {
                listener.shardEnded(List.of());
            } else {
                listener.batch(new SourceBatch(mutation.given(batch.records()), batch.millisBehindLatest()));
            }
        }

        @Override
        public void shardEnded(List<ChildShard> children) {
            listener.shardEnded(children);
        }

        @Override
        public void idle(long millisBehindLatest) {
            listener.idle(millisBehindLatest);
        }

        @Override
        public void trimmed(SequenceNumber lastRead, @Nullable StreamRecord oldestOrNull) {
            listener.trimmed(lastRead, oldestOrNull);
        }

        @Override
        public void trouble(SourceTrouble trouble) {
            listener.trouble(trouble);
        }
    }
}
