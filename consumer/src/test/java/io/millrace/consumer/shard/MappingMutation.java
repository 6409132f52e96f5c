package io.millrace.consumer.shard;

import io.millrace.checkpoint.Checkpointer;
import io.millrace.consumer.delivery.CheckpointMode;
import io.millrace.consumer.delivery.DeliverySettings;
import io.millrace.consumer.mapping.BatchAnswer;
import io.millrace.consumer.mapping.BatchFunction;
import io.millrace.consumer.mapping.EventSourceMapping;
import io.millrace.consumer.mapping.Invocation;
import io.millrace.consumer.mapping.TumblingWindow;
import io.millrace.consumer.processor.AsyncRecordProcessor;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.consumer.processor.ShardContext;
import io.millrace.fanout.RecordSourceListener;
import io.millrace.fanout.RecordSources;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** An error made on purpose in how a function gets its records, seen from what its mapping is made of. */
enum MappingMutation {
    /** No error. */
    NONE,
    /** A checkpoint passes what the function has returned from, though its window is open. */
    CHECKPOINTS_WITHIN_WINDOWS {
        @Override
        DeliverySettings delivery(EventSourceMapping mapping) {
            return mapping.delivery().withCheckpoints(CheckpointMode.AUTOMATIC);
        }
    },
    /** A batch that fails comes again as it is. */
    HALVES_NOTHING {
        @Override
        EventSourceMapping mapping(EventSourceMapping mapping) {
            return mapping.withBisectBatchOnFunctionError(false);
        }
    },
    /** Records come once more than they may. */
    ONE_RETRY_TOO_MANY {
        @Override
        EventSourceMapping mapping(EventSourceMapping mapping) {
            int retries = mapping.maximumRetryAttempts();
            return mapping.withMaximumRetryAttempts(retries < 0 ? retries : retries + 1);
        }
    },
    /** Records are never too old. */
    NOTHING_TOO_OLD {
        @Override
        EventSourceMapping mapping(EventSourceMapping mapping) {
            return mapping.maximumRecordAgeOrNull() == null
                    ? mapping
                    : mapping.withMaximumRecordAge(Duration.ofDays(7));
        }
    },
    /** Records of a window that is gathered anew are given up, as if they waited for their first call. */
    TOO_OLD_WITHIN_WINDOWS {
        @Override
        EventSourceMapping mapping(EventSourceMapping mapping) {
            Duration age = mapping.maximumRecordAgeOrNull();
            Duration window = mapping.tumblingWindowOrNull();
            return age == null || window == null ? mapping : mapping.withMaximumRecordAge(age.minus(window));
        }
    },
    /** A record at which the filter fails is left out. */
    FILTER_FAILS_SILENTLY {
        @Override
        EventSourceMapping mapping(EventSourceMapping mapping) {
            var filter = mapping.filterOrNull();
            return filter == null
                    ? mapping
                    : mapping.withFilter(record -> {
                        try {
                            return filter.test(record);
                        } catch (IllegalStateException forgotten) {
                            return false;
                        }
                    });
        }
    },
    /** Records are handed out that the filter leaves out. */
    NO_FILTER {
        @Override
        EventSourceMapping mapping(EventSourceMapping mapping) {
            return mapping.withFilter(record -> true);
        }
    },
    /** The names of failed records are not looked at. */
    REPORTS_UNREAD {
        @Override
        EventSourceMapping mapping(EventSourceMapping mapping) {
            return mapping.withReportBatchItemFailures(false);
        }
    },
    /** Each call of a window begins with an empty state. */
    STATE_FORGOTTEN {
        @Override
        BatchFunction function(BatchFunction function) {
            return new Wrapped(function) {
                @Override
                public CompletionStage<BatchAnswer> invoke(Invocation call) {
                    TumblingWindow window = call.windowOrNull();
                    return super.invoke(
                            window == null
                                    ? call
                                    : new Invocation(
                                            call.shard(),
                                            call.records(),
                                            new TumblingWindow(
                                                    window.start(),
                                                    window.end(),
                                                    "{}",
                                                    window.isFinal(),
                                                    window.isTerminatedEarly()),
                                            call.loss()));
                }
            };
        }
    },
    /** The last call for a window is made twice. */
    CLOSED_TWICE {
        @Override
        BatchFunction function(BatchFunction function) {
            return new Wrapped(function) {
                @Override
                public CompletionStage<BatchAnswer> invoke(Invocation call) {
                    TumblingWindow window = call.windowOrNull();
                    return window != null && window.isFinal()
                            ? super.invoke(call).thenCompose(first -> super.invoke(call))
                            : super.invoke(call);
                }
            };
        }
    },
    /** The shard's end closes no window. */
    LEFT_OPEN_AT_THE_END {
        @Override
        AsyncRecordProcessor processor(AsyncRecordProcessor processor) {
            return new AsyncRecordProcessor() {
                @Override
                public CompletionStage<?> initialize(ShardContext shard) {
                    return processor.initialize(shard);
                }

                @Override
                public CompletionStage<?> processRecords(RecordBatch batch) {
                    return processor.processRecords(batch);
                }

                @Override
                public CompletionStage<?> leaseLost() {
                    return processor.leaseLost();
                }

                @Override
                public CompletionStage<?> shardEnded(Checkpointer checkpointer) {
                    return checkpointer.checkpointAsync();
                }

                @Override
                public CompletionStage<?> shutdownRequested(Checkpointer checkpointer) {
                    return processor.shutdownRequested(checkpointer);
                }
            };
        }
    },
    /** A read that found nothing counts as made when its answer comes, some seconds later. */
    READS_COUNT_AS_LATER {
        @Override
        RecordSources sources(RecordSources sources) {
            return (PlainSources) (stream, shard, keys, from, listener) ->
                    new Hasty(listener).open(taker -> sources.open(stream, shard, keys, from, taker));
        }
    };

    EventSourceMapping mapping(EventSourceMapping mapping) {
        return mapping;
    }

    DeliverySettings delivery(EventSourceMapping mapping) {
        return mapping.delivery();
    }

    BatchFunction function(BatchFunction function) {
        return function;
    }

    AsyncRecordProcessor processor(AsyncRecordProcessor processor) {
        return processor;
    }

    RecordSources sources(RecordSources sources) {
        return sources;
    }

    private static class Wrapped implements BatchFunction {
        private final BatchFunction inner;

        Wrapped(BatchFunction inner) {
            this.inner = inner;
        }

        @Override
        public CompletionStage<?> start(ShardContext shard) {
            return inner.start(shard);
        }

        @Override
        public CompletionStage<BatchAnswer> invoke(Invocation call) {
            return inner.invoke(call);
        }

        @Override
        public CompletionStage<?> end() {
            return inner.end();
        }
    }

    private static final class Hasty extends PassingSource {
        Hasty(RecordSourceListener listener) {
            super(listener);
        }

        @Override
        public void idle(long millisBehindLatest, @Nullable Instant readUpTo) {
            super.idle(millisBehindLatest, readUpTo == null ? null : readUpTo.plusSeconds(3));
        }
    }
}
