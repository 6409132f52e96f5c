package io.millrace.consumer.shard;

import static java.util.Objects.requireNonNull;

import io.millrace.checkpoint.Checkpointer;
import io.millrace.consumer.delivery.DeliverySettings;
import io.millrace.consumer.processor.AsyncRecordProcessor;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.consumer.processor.ShardContext;
import io.millrace.fanout.RecordSource;
import io.millrace.fanout.RecordSourceListener;
import io.millrace.fanout.ServiceTime;
import io.millrace.fanout.SourceBatch;
import io.millrace.lease.ShardDirectory;
import io.millrace.model.Bytes;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.runtime.EventLoop;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One consumer with any settings, whose source and processors a test plays: it gives the records, and completes the stages of
 * the calls in the order that it likes.
 */
final class ConsumerBench implements ShardDirectory, ConsumerParts.Owner {
    private static final StreamName STREAM = new StreamName("orders");

    final Simulation sim = new Simulation(1);
    final EventLoop loop = sim.newEventLoop("worker");
    final FakeLeases.Fake lease;
    final List<PlayedSource> sources = new ArrayList<>();
    final List<Call> calls = new ArrayList<>();
    /** The names of all calls so far. */
    final List<String> told = new ArrayList<>();

    /** Of each processor that was made, in order: breaks it when it is completed. */
    final List<CompletableFuture<Void>> breaks = new ArrayList<>();

    final List<ConsumerEnd> ends = new ArrayList<>();
    final List<String> stops = new ArrayList<>();
    final ShardConsumer consumer;
    final ServiceTime time;
    List<Shard> listed = List.of();

    ConsumerBench(DeliverySettings delivery) {
        this.lease = new FakeLeases(sim, STREAM).take(ShardId.of(0));
        TestParts testParts = new TestParts(sim, loop);
        this.time = testParts.time;
        this.consumer = new ShardConsumer(
                lease,
                testParts.of(
                        this,
                        (PlainSources) (stream, shard, keys, from, listener) -> open(from, listener),
                        new ThreadedUserCalls(sim.newBlockingTasks("user", 8), sim.newBlockingTasks("saver", 8), loop),
                        Processor::new,
                        delivery));
    }

    /** A call of a processor that has not returned. */
    record Call(
            String name,
            int lane,
            List<Integer> records,
            @Nullable Checkpointer checkpointerOrNull,
            CompletableFuture<Void> stage) {
        Checkpointer checkpointer() {
            return requireNonNull(checkpointerOrNull);
        }

        @Override
        public String toString() {
            return lane + ":" + name + (records.isEmpty() ? "" : " " + records);
        }
    }

    private RecordSource open(Position from, RecordSourceListener listener) {
        PlayedSource source = new PlayedSource().open(from, listener);
        sources.add(source);
        return source;
    }

    /** Starts the consumer, and lets all lanes be prepared. */
    ConsumerBench begin() {
        loop.execute(consumer::start);
        pass();
        returnFrom("initialize");
        return this;
    }

    /** Runs {@code task} on the worker's loop, and lets what follows happen. */
    void on(Runnable task) {
        loop.execute(task);
        pass();
    }

    void pass() {
        sim.run(Duration.ofMillis(40));
    }

    /** The records of these numbers come from the source; their keys are given, one after the other, again and again. */
    void give(int first, int last, String... keys) {
        List<StreamRecord> records = IntStream.rangeClosed(first, last)
                .mapToObj(n -> new StreamRecord(
                        at(n),
                        keys.length == 0 ? "key" : keys[(n - first) % keys.length],
                        Bytes.utf8("x"),
                        Instant.EPOCH))
                .toList();
        on(() -> source().listener().batch(new SourceBatch(records, 0)));
    }

    /** The shard is read out. */
    void end() {
        on(() -> source().listener().shardEnded(List.of()));
    }

    PlayedSource source() {
        return sources.get(sources.size() - 1);
    }

    /** The call of this name that is under way; the first one, if several lanes are at it. */
    Call call(String name) {
        return calls.stream()
                .filter(call -> call.name.equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + name + " among " + calls));
    }

    /** All calls of this name that are under way return. */
    void returnFrom(String name) {
        List.copyOf(calls).stream().filter(call -> call.name.equals(name)).forEach(this::returned);
    }

    void returned(Call call) {
        calls.remove(call);
        call.stage.complete(null);
        pass();
    }

    void threw(Call call, RuntimeException error) {
        calls.remove(call);
        call.stage.completeExceptionally(error);
        pass();
    }

    /** As a thread of the user's own does. */
    CompletableFuture<Void> declare(Checkpointer checkpointer, int upTo) {
        CompletableFuture<Void> saved = checkpointer.checkpointAsync(at(upTo)).toCompletableFuture();
        pass();
        return saved;
    }

    static RecordPosition at(int number) {
        return RecordPosition.of(SequenceNumber.parse(Integer.toString(number)));
    }

    /** A key whose records belong to {@code lane} of {@code lanes}. */
    static String keyOf(int lane, int lanes) {
        return IntStream.range(0, 1_000)
                .mapToObj(n -> "key-" + n)
                .filter(key -> Lanes.laneOf(key, lanes) == lane)
                .findFirst()
                .orElseThrow();
    }

    @Override
    public void over(ShardConsumer over, ConsumerEnd end) {
        ends.add(end);
    }

    @Override
    public void stopWorker(String reason) {
        stops.add(reason);
    }

    @Override
    public CompletableFuture<StreamIdentity> identify(StreamName stream) {
        return CompletableFuture.completedFuture(new StreamIdentity("arn", Instant.EPOCH));
    }

    @Override
    public CompletableFuture<List<Shard>> listShards(StreamName stream) {
        return CompletableFuture.completedFuture(listed);
    }

    /** Its calls return when the test says so. */
    private final class Processor implements AsyncRecordProcessor {
        private int lane;

        private CompletionStage<?> call(String name, List<Integer> records, @Nullable Checkpointer checkpointer) {
            Call call = new Call(name, lane, records, checkpointer, new CompletableFuture<>());
            calls.add(call);
            told.add(name);
            return call.stage;
        }

        @Override
        public CompletionStage<?> initialize(ShardContext shard) {
            lane = shard.lane();
            return call("initialize", List.of(), null);
        }

        @Override
        public CompletionStage<?> broken() {
            CompletableFuture<Void> broken = new CompletableFuture<>();
            breaks.add(broken);
            return broken;
        }

        @Override
        public CompletionStage<?> processRecords(RecordBatch batch) {
            List<Integer> numbers = batch.records().stream()
                    .map(record -> Integer.valueOf(record.sequenceNumber().toString()))
                    .toList();
            return call("processRecords", numbers, batch.checkpointer());
        }

        @Override
        public CompletionStage<?> leaseLost() {
            return call("leaseLost", List.of(), null);
        }

        @Override
        public CompletionStage<?> shardEnded(Checkpointer checkpointer) {
            return call("shardEnded", List.of(), checkpointer);
        }

        @Override
        public CompletionStage<?> shutdownRequested(Checkpointer checkpointer) {
            return call("shutdownRequested", List.of(), checkpointer);
        }
    }
}
