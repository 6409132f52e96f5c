package io.millrace.consumer.shard;

import static java.util.Objects.requireNonNull;

import io.millrace.checkpoint.Checkpointer;
import io.millrace.consumer.letters.LetterSink;
import io.millrace.consumer.mapping.BatchAnswer;
import io.millrace.consumer.mapping.BatchFunction;
import io.millrace.consumer.mapping.EventSourceMapping;
import io.millrace.consumer.mapping.Invocation;
import io.millrace.consumer.mapping.TumblingWindow;
import io.millrace.consumer.processor.AsyncRecordProcessor;
import io.millrace.consumer.processor.ProcessorBrokenException;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.consumer.processor.RetryLaterException;
import io.millrace.consumer.processor.ShardContext;
import io.millrace.model.Checkpoint;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The function of one lane in a {@link MappingWorld}, and the processor around it. It answers late, throws, breaks, names records that
 * failed, true ones and others, and forgets its state or lets it grow. Checks what both are called with: the next records, in the parts
 * that {@link MappingJudge} expects; windows one after the other, each with the state of the call before, and each closed once, with
 * all its records. One thread.
 */
final class MappingFunction implements BatchFunction, AsyncRecordProcessor {
    private static final String BIG = "x".repeat(1_000_001);

    private final MappingWorld world;
    private final AsyncRecordProcessor inner;
    private final MappingJudge judge;
    private @Nullable ShardContext context;
    private FakeLeases.@Nullable Fake lease;
    /** The place where it began. */
    private @Nullable RecordPosition begun;
    /** All of the lane up to this one is done with, as far as the lane can know. */
    private @Nullable RecordPosition last;

    private boolean over;

    // Windows.

    private @Nullable Instant open;
    private String state = "{}";
    private final List<StreamRecord> gathered = new ArrayList<>();
    private final Set<Instant> closed = new HashSet<>();
    private final Set<StreamRecord> closedEarly = new HashSet<>();

    MappingFunction(MappingWorld world, EventSourceMapping used) {
        this.world = world;
        this.inner = world.mutation.processor(
                used.processors(() -> world.mutation.function(this)).get());
        this.judge = new MappingJudge(world.mapping.maximumRetryAttempts(), world.mapping.bisectBatchOnFunctionError());
    }

    AsyncRecordProcessor processor() {
        return this;
    }

    /** Complains unless these records are to be given up now. */
    @Nullable
    String givesUp(List<StreamRecord> records, LetterSink.Reason reason) {
        return judge.givesUp(records, reason);
    }

    // The processor.

    @Override
    public CompletionStage<?> initialize(ShardContext shard) {
        context = shard;
        lease = world.lease(shard.epoch());
        world.functions.put(lane(), this);
        last = shard.checkpoint() instanceof Checkpoint.Processed done ? done.position() : null;
        begun = last;
        return inner.initialize(shard);
    }

    @Override
    public CompletionStage<?> processRecords(RecordBatch batch) {
        check(!over, "records after the last call");
        check(lease != null && lease.valid, "records without a lease");
        check(parentsAreOver(), "records before a parent's end");
        if (batch.records().isEmpty()) {
            return inner.processRecords(batch);
        }
        checkOrder(batch.records());
        String complaint = judge.comes(batch.records());
        check(complaint == null, complaint);
        check(!world.mustBeTooOld(batch.records().get(0)), "records that are too old");
        return inner.processRecords(batch).whenComplete((nothing, error) -> returned(batch.records(), error));
    }

    private void returned(List<StreamRecord> records, @Nullable Throwable error) {
        if (error == null) {
            last = records.get(records.size() - 1).position();
            judge.succeeded();
            return;
        }
        int settled = (int) records.stream()
                .takeWhile(record -> last != null && record.position().compareTo(last) <= 0)
                .count();
        Throwable cause = error instanceof CompletionException ? error.getCause() : error;
        if (cause instanceof RetryLaterException) {
            judge.askedLater(settled);
        } else if (cause instanceof ProcessorBrokenException) {
            over = true;
        } else {
            judge.failed(settled);
        }
    }

    private boolean parentsAreOver() {
        ShardId mine = context().shard();
        return world.stream.shards().stream()
                .filter(shard -> shard.id().equals(mine))
                .flatMap(shard -> shard.parents().stream())
                .allMatch(parent -> world.leases.row(parent).checkpoint.isShardEnd());
    }

    /** The next records of this lane, but for those that were given up, or that the filter leaves out. */
    private void checkOrder(List<StreamRecord> records) {
        List<StreamRecord> next = mine().filter(
                        record -> last == null || record.position().compareTo(last) > 0)
                .filter(record -> !world.givenUp.contains(record) || records.contains(record))
                .limit(records.size())
                .toList();
        check(records.equals(next), "records out of order or with a gap");
        check(records.size() <= world.mapping.batchSize(), "a batch that is too large");
    }

    /** All records of this lane so far that the filter takes. */
    private Stream<StreamRecord> mine() {
        return world.stream.recordsOf(context().shard()).stream()
                .filter(record -> world.laneOf(record) == context().lane() && world.isWanted(record));
    }

    @Override
    public CompletionStage<?> leaseLost() {
        check(!over, "a second last call");
        over = true;
        return inner.leaseLost();
    }

    @Override
    public CompletionStage<?> shardEnded(Checkpointer checkpointer) {
        check(!over, "a second last call");
        return inner.shardEnded(checkpointer);
    }

    @Override
    public CompletionStage<?> shutdownRequested(Checkpointer checkpointer) {
        check(!over, "a second last call");
        over = true;
        return inner.shutdownRequested(checkpointer);
    }

    // The function.

    @Override
    public CompletionStage<?> start(ShardContext shard) {
        return later(() -> {
            if (world.dice(30) == 0) {
                throw new IllegalStateException("cannot be started, on purpose");
            }
            return "";
        });
    }

    @Override
    public CompletionStage<?> end() {
        return later(() -> "");
    }

    @Override
    public CompletionStage<BatchAnswer> invoke(Invocation call) {
        TumblingWindow window = call.windowOrNull();
        check((window != null) == (world.mapping.tumblingWindowOrNull() != null), "a window where there is none");
        if (window == null) {
            check(!call.records().isEmpty(), "a call with nothing");
            return later(() -> process(call.records()));
        }
        checkWindow(window, call.records());
        return later(() -> window.isFinal() ? close(window) : gather(window, call.records()));
    }

    private BatchAnswer process(List<StreamRecord> records) {
        int good = trouble(records);
        if (good == records.size()) {
            records.forEach(world.processed::add);
            // Names are looked at only if somebody asks for them.
            return !world.mapping.reportBatchItemFailures() && world.dice(10) == 0
                    ? new BatchAnswer(List.of(records.get(0).sequenceNumber()), null)
                    : BatchAnswer.PROCESSED;
        }
        if (!world.mapping.reportBatchItemFailures() || world.dice(4) == 0) {
            throw new IllegalStateException("thrown on purpose");
        }
        if (world.dice(6) == 0) {
            return new BatchAnswer(List.of(SequenceNumber.parse("1")), null);
        }
        List<SequenceNumber> failures = new ArrayList<>();
        for (int i = records.size() - 1; i > good; i--) {
            if (world.dice(4) == 0) {
                failures.add(records.get(i).sequenceNumber());
            }
        }
        failures.add(records.get(good).sequenceNumber());
        if (good > 0) {
            records.subList(0, good).forEach(world.processed::add);
            last = records.get(good - 1).position();
        }
        return new BatchAnswer(failures, null);
    }

    /** How many records are processed before one fails; throws where the function breaks. */
    private int trouble(List<StreamRecord> records) {
        if (world.dice(50) == 0) {
            throw new ProcessorBrokenException("broken on purpose", null);
        }
        if (world.isDown()) {
            return 0;
        }
        int good = (int) records.stream()
                .takeWhile(record -> !world.poison.contains(record))
                .count();
        return good == records.size() && world.isMoody && world.dice(15) == 0 ? world.dice(records.size()) : good;
    }

    private void checkWindow(TumblingWindow window, List<StreamRecord> records) {
        long length = requireNonNull(world.mapping.tumblingWindowOrNull()).toSeconds();
        Instant start = window.start();
        check(start.getEpochSecond() % length == 0, "a window that begins at an odd time");
        check(window.end().equals(start.plusSeconds(length)), "a window of another length");
        check(!closed.contains(start), "a window that is closed");
        check(open == null || open.equals(start), "a window while another is open");
        check(window.state().equals(state), "another state than the one before");
        check(records.isEmpty() == window.isFinal(), "a last call with records, or another without");
        check(window.isTerminatedEarly() == (window.isFinal() && state.length() > 1_000_000), "early, or not");
        check(
                records.stream()
                        .allMatch(record -> !record.arrival().isBefore(start)
                                && record.arrival().isBefore(window.end())),
                "records of another window");
        if (window.isFinal()) {
            checkIsWhole(window);
        } else {
            check(state.length() <= 1_000_000, "records for a state that is too large");
        }
    }

    /** Nothing of it is missing but what was given up, and nothing more of it can come. */
    private void checkIsWhole(TumblingWindow window) {
        check(!gathered.isEmpty(), "a last call for nothing");
        if (!window.isTerminatedEarly()) {
            boolean isShardOpen = world.stream.shards().stream()
                    .filter(shard -> shard.id().equals(context().shard()))
                    .anyMatch(Shard::isOpen);
            check(
                    !isShardOpen || !world.sim.clock().instant().isBefore(window.end()),
                    "a last call before the window's end");
            List<StreamRecord> due = mine().filter(
                            record -> begun == null || record.position().compareTo(begun) > 0)
                    .filter(record -> !record.arrival().isBefore(window.start())
                            && record.arrival().isBefore(window.end()))
                    .filter(record -> !closedEarly.contains(record))
                    .filter(record -> gathered.contains(record) || !world.givenUp.contains(record))
                    .toList();
            check(gathered.equals(due), "a last call for " + gathered.size() + " records of " + due.size());
        }
    }

    private BatchAnswer gather(TumblingWindow window, List<StreamRecord> records) {
        int good = trouble(records);
        if (good < records.size()) {
            if (world.dice(3) == 0) {
                return BatchAnswer.PROCESSED;
            }
            if (world.mapping.reportBatchItemFailures() && world.dice(2) == 0) {
                return new BatchAnswer(List.of(records.get(good).sequenceNumber()), "{\"failed\":1}");
            }
            throw new IllegalStateException("thrown on purpose");
        }
        open = window.start();
        gathered.addAll(records);
        state = world.dice(200) == 0 ? BIG : "{\"records\":" + gathered.size() + "}";
        return BatchAnswer.of(state);
    }

    private BatchAnswer close(TumblingWindow window) {
        if (world.dice(50) == 0) {
            throw new ProcessorBrokenException("broken on purpose", null);
        }
        if (world.isDown() || world.dice(6) == 0) {
            throw new IllegalStateException("the last call fails on purpose");
        }
        world.processed.addAll(gathered);
        RecordPosition end = gathered.get(gathered.size() - 1).position();
        last = last == null || end.compareTo(last) > 0 ? end : last;
        if (window.isTerminatedEarly()) {
            closedEarly.addAll(gathered);
        } else {
            closed.add(window.start());
        }
        world.windowClosed();
        open = null;
        state = "{}";
        gathered.clear();
        return BatchAnswer.of("{}");
    }

    /** The outcome of a call of the function. */
    private interface Call<T> {
        T run();
    }

    /** Runs {@code call} when the stage completes, a moment later; no other call of this lane may run meanwhile. */
    private <T> CompletionStage<T> later(Call<T> call) {
        check(world.busy.add(lane()), "a call beside another one that is still running");
        CompletableFuture<T> stage = new CompletableFuture<>();
        world.sim.at(Duration.ofMillis(world.dice(200)), () -> {
            world.busy.remove(lane());
            try {
                stage.complete(call.run());
            } catch (ProcessorBrokenException | IllegalStateException wanted) {
                stage.completeExceptionally(wanted);
            }
        });
        return stage;
    }

    private ShardContext context() {
        return requireNonNull(context);
    }

    private String lane() {
        return context().shard() + "/" + context().lane();
    }

    private void check(boolean condition, @Nullable String otherwise) {
        if (!condition) {
            throw new AssertionError(
                    "seed " + world.sim.seed() + " " + world.mapping + ", " + context + ": " + otherwise);
        }
    }
}
