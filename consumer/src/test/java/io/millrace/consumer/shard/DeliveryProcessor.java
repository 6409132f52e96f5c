package io.millrace.consumer.shard;

import static java.util.Objects.requireNonNull;

import io.millrace.checkpoint.Checkpointer;
import io.millrace.consumer.delivery.FailurePolicy;
import io.millrace.consumer.processor.AsyncRecordProcessor;
import io.millrace.consumer.processor.ProcessorBrokenException;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.consumer.processor.RetryLaterException;
import io.millrace.consumer.processor.ShardContext;
import io.millrace.model.Checkpoint;
import io.millrace.model.RecordPosition;
import io.millrace.model.ShardId;
import io.millrace.model.StreamRecord;
import java.time.Duration;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The processor of one lane in a {@link DeliveryWorld}. Its stages complete late; it breaks, asks to be called later, and throws,
 * also after it has declared a part of its records, and at the shard's end. Checks what its lane is told. One thread.
 */
final class DeliveryProcessor implements AsyncRecordProcessor {
    private final DeliveryWorld world;
    private final LaneJudge judge;
    private @Nullable ShardContext context;
    private FakeLeases.@Nullable Fake lease;
    /** How far the lane is done: processed, or declared so within a call. */
    private @Nullable RecordPosition last;
    /** The declarations that a thread of its own made after a call that threw. */
    private final NavigableSet<RecordPosition> later = new TreeSet<>();

    /** How far the lane is declared by this processor, or was when it began. */
    private @Nullable RecordPosition declaredUpTo;

    private boolean ready;
    private boolean over;
    private boolean ended;
    /** It broke between two calls, or during one. */
    private boolean mayBeForgotten;

    DeliveryProcessor(DeliveryWorld world) {
        this.world = world;
        this.judge = new LaneJudge(world.sim, world.givingUp);
    }

    /** True if the policy may give up exactly these records now. */
    boolean mayGiveUp(List<StreamRecord> records) {
        return judge.mayGiveUp(records, world.processed.keySet());
    }

    /** True if the policy stops this lane. */
    boolean mustStop() {
        return judge.mustGiveUp();
    }

    boolean hasTakenTheEnd() {
        return ended;
    }

    /** True if it was to be told that its ownership ends, and was not. */
    boolean wasNotTold(long epoch) {
        return context().epoch() == epoch && ready && !over && !mayBeForgotten && (!ended || owesCheckpoint());
    }

    private boolean owesCheckpoint() {
        return world.delivery.isManual() && last != null && (declaredUpTo == null || last.compareTo(declaredUpTo) > 0);
    }

    @Override
    public CompletionStage<?> initialize(ShardContext shard) {
        context = shard;
        lease = world.lease(shard.epoch());
        world.processors.put(lane(), this);
        last = shard.checkpoint() instanceof Checkpoint.Processed done ? done.position() : null;
        declaredUpTo = last;
        return later(() -> {
            misbehave();
            if (world.troubles == DeliveryWorld.Troubles.ALL && dice(30) == 0) {
                throw new IllegalStateException("cannot be initialized, on purpose");
            }
            ready = true;
        });
    }

    /** Breaks at some time, whatever it is about then. */
    @Override
    public CompletionStage<?> broken() {
        CompletableFuture<Void> broken = new CompletableFuture<>();
        if (world.troubles == DeliveryWorld.Troubles.ALL && dice(4) == 0) {
            world.sim.at(Duration.ofMillis(dice(5_000)), () -> {
                mayBeForgotten = true;
                broken.complete(null);
            });
        }
        return broken;
    }

    @Override
    public CompletionStage<?> processRecords(RecordBatch batch) {
        check(!over, "records after the last call");
        check(!(judge.mustGiveUp() && isStopping()), "records after the policy stopped the lane");
        check(!judge.mustHaveGivenUp(batch.records()), "records again that the policy gives up");
        check(lease != null && lease.valid, "records without a lease");
        check(context().shard().equals(batch.shard().shard()) && parentsAreOver(), "records before a parent's end");
        checkOrder(batch.records());
        if (batch.attempt() == 1 && !batch.records().isEmpty()) {
            judge.beginsAnew();
        }
        return later(() -> process(batch));
    }

    private boolean isStopping() {
        FailurePolicy.Then then = world.givingUp.then();
        return then == FailurePolicy.Then.STOP_SHARD || then == FailurePolicy.Then.STOP_WORKER;
    }

    private boolean parentsAreOver() {
        ShardId mine = context().shard();
        return world.stream.shards().stream()
                .filter(shard -> shard.id().equals(mine))
                .flatMap(shard -> shard.parents().stream())
                .allMatch(parent -> world.leases.row(parent).checkpoint.isShardEnd());
    }

    private void process(RecordBatch batch) {
        List<StreamRecord> records = batch.records();
        int good = (int) records.stream()
                .takeWhile(record -> !world.poison.contains(record))
                .count();
        boolean fails = good < records.size() || (world.isMoody && dice(15) == 0);
        RuntimeException trouble = trouble();
        if (trouble == null && !fails) {
            processed(records);
            judge.passed(records.size());
            if (world.delivery.isManual() && !records.isEmpty()) {
                RecordPosition upTo = last;
                world.sim.at(Duration.ofMillis(dice(1_000)), () -> declare(batch.checkpointer(), upTo));
            }
            return;
        }
        int part = world.troubles == DeliveryWorld.Troubles.ALL && good > 0 && dice(3) == 0 ? dice(good + 1) : 0;
        if (part > 0) {
            processed(records.subList(0, part));
            judge.passed(part);
            if (part == records.size() && dice(2) == 0) {
                declareAll(batch.checkpointer());
            } else {
                declare(batch.checkpointer(), last);
            }
        }
        if (trouble != null) {
            throw trouble;
        }
        List<StreamRecord> left = List.copyOf(records.subList(part, records.size()));
        judge.failed(left);
        if (good > part && !isStopping() && dice(4) == 0) {
            int more = 1 + dice(good - part);
            world.sim.at(
                    Duration.ofMillis(dice(1_000)), () -> declareLater(batch.checkpointer(), left.subList(0, more)));
        }
        throw new IllegalStateException("thrown on purpose");
    }

    private void processed(List<StreamRecord> records) {
        records.forEach(record -> world.processed.merge(record, 1, Integer::sum));
        if (!records.isEmpty()) {
            last = furthest(last, records.get(records.size() - 1).position());
        }
    }

    /** A thread of the processor's own has got on with records whose call threw. */
    private void declareLater(Checkpointer checkpointer, List<StreamRecord> records) {
        if (!over) {
            judge.declaredLater();
            records.forEach(record -> world.processed.merge(record, 1, Integer::sum));
            RecordPosition upTo = records.get(records.size() - 1).position();
            later.add(upTo);
            declare(checkpointer, upTo);
        }
    }

    private static RecordPosition furthest(@Nullable RecordPosition one, RecordPosition other) {
        return one != null && one.compareTo(other) > 0 ? one : other;
    }

    /** The next records of this lane, but for those that were given up. */
    private void checkOrder(List<StreamRecord> records) {
        if (!records.equals(next(last, records))) {
            last = later.stream()
                    .filter(declared -> records.equals(next(declared, records)))
                    .findFirst()
                    .orElseThrow(() -> failure("records out of order or with a gap"));
        }
        check(records.size() <= world.delivery.batching().records(), "a batch that is too large");
    }

    private List<StreamRecord> next(@Nullable RecordPosition from, List<StreamRecord> given) {
        return mine().filter(record -> from == null || record.position().compareTo(from) > 0)
                .filter(record -> !world.givenUp.contains(record) || given.contains(record))
                .limit(given.size())
                .toList();
    }

    private Stream<StreamRecord> mine() {
        return world.stream.recordsOf(context().shard()).stream()
                .filter(record -> world.laneOf(record) == context().lane());
    }

    /** Says that this lane is done with everything up to {@code upTo}. */
    private void declare(Checkpointer checkpointer, @Nullable RecordPosition upTo) {
        if (upTo != null) {
            noteDeclared(upTo);
            mustBeTaken(checkpointer.checkpointAsync(upTo));
        }
    }

    /** Says that this lane is done with all that the checkpointer speaks for. */
    private void declareAll(Checkpointer checkpointer) {
        noteDeclared(requireNonNull(last));
        mustBeTaken(checkpointer.checkpointAsync());
    }

    private void noteDeclared(RecordPosition upTo) {
        declaredUpTo = furthest(declaredUpTo, upTo);
        mine().filter(record -> record.position().compareTo(upTo) <= 0).forEach(world.declared::add);
    }

    private void mustBeTaken(CompletionStage<Void> declared) {
        var unused = declared.whenComplete((nothing, error) -> {
            if (error instanceof IllegalArgumentException) {
                world.fail(failure("a delivered position is refused: " + error));
            }
        });
    }

    @Override
    public CompletionStage<?> leaseLost() {
        check(!over, "a second last call");
        over = true;
        return later(this::throwSometimes);
    }

    @Override
    public CompletionStage<?> shardEnded(Checkpointer checkpointer) {
        check(!over, "a second last call");
        return later(() -> {
            boolean isForgetful = world.troubles == DeliveryWorld.Troubles.ALL && dice(6) == 0;
            if (world.delivery.isManual() && !isForgetful) {
                declare(checkpointer, last);
            }
            RuntimeException trouble = world.troubles == DeliveryWorld.Troubles.ALL && dice(3) == 0 ? trouble() : null;
            throwSometimes();
            if (trouble != null) {
                throw trouble;
            }
            ended = true;
            // The lease refuses declarations after the loss.
            over = !owesCheckpoint() && requireNonNull(lease).valid;
        });
    }

    @Override
    public CompletionStage<?> shutdownRequested(Checkpointer checkpointer) {
        check(!over, "a second last call");
        over = true;
        return later(() -> {
            if (world.delivery.isManual()) {
                declare(checkpointer, last);
            }
            throwSometimes();
        });
    }

    private void throwSometimes() {
        if (world.troubles == DeliveryWorld.Troubles.ALL && dice(4) == 0) {
            throw new IllegalStateException("thrown at the end on purpose");
        }
    }

    private void misbehave() {
        RuntimeException trouble = trouble();
        if (trouble != null) {
            throw trouble;
        }
    }

    private @Nullable RuntimeException trouble() {
        return switch (world.troubles == DeliveryWorld.Troubles.NONE ? 2 : dice(40)) {
            case 0 -> new ProcessorBrokenException("broken on purpose", null);
            case 1 -> new RetryLaterException(Duration.ofMillis(dice(1_000)));
            default -> null;
        };
    }

    /** Runs {@code task} when the stage completes, a moment later; no other call of this lane may run meanwhile. */
    private CompletionStage<?> later(Runnable task) {
        check(world.busy.add(lane()), "a call beside another one that is still running");
        CompletableFuture<Void> stage = new CompletableFuture<>();
        world.sim.at(Duration.ofMillis(dice(200)), () -> {
            world.busy.remove(lane());
            try {
                task.run();
                stage.complete(null);
            } catch (ProcessorBrokenException | RetryLaterException | IllegalStateException wanted) {
                over |= wanted instanceof ProcessorBrokenException;
                mayBeForgotten |= wanted instanceof ProcessorBrokenException;
                stage.completeExceptionally(wanted);
            }
        });
        return stage;
    }

    private int dice(int sides) {
        return world.sim.random().nextInt(sides);
    }

    private ShardContext context() {
        return requireNonNull(context);
    }

    private String lane() {
        return context().shard() + "/" + context().lane();
    }

    private void check(boolean condition, String otherwise) {
        if (!condition) {
            throw failure(otherwise);
        }
    }

    private AssertionError failure(String what) {
        return new AssertionError("seed " + world.sim.seed() + ", " + context + ": " + what);
    }
}
