package io.millrace.cli.demo;

import io.millrace.cli.streams.BatchWriter;
import io.millrace.cli.streams.Patience;
import io.millrace.cli.streams.StreamAdmin;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.Pause;
import io.millrace.cli.terminal.Terminal;
import io.millrace.model.Bytes;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.Shard;

/**
 * One run of the demo: what happens when. The script is followed on the thread that calls {@link #run}; the producer and
 * the readers of the workers' messages have threads of their own; the books and the board belong to the event loop.
 */
final class DemoRun implements AutoCloseable {
    private static final String STREAM = "clicks";
    private static final int SHARDS = 4;
    private static final Duration FAILOVER = Duration.ofSeconds(3);
    private static final Duration STEP_PATIENCE = Duration.ofSeconds(60);
    private static final Duration STALL_PATIENCE = Duration.ofSeconds(30);
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(15);
    private static final Duration LOOK = Duration.ofMillis(50);
    private static final Duration REDRAW = Duration.ofMillis(250);
    private static final Duration STATUS_LINE = Duration.ofSeconds(2);

    private final DemoStack stack;
    private final Terminal terminal;
    private final Optional<String> fanOut;
    private final Platform platform;
    private final EventLoop loop;
    private final Platform.BlockingTasks tasks;
    private final KinesisAsyncClient kinesis;
    private final StreamAdmin streams;
    private final Ledger ledger = new Ledger();
    private final Board board;
    private final List<WorkerProcess> workers = new CopyOnWriteArrayList<>();
    private final List<CompletableFuture<@Nullable Void>> readers = new CopyOnWriteArrayList<>();
    private final CompletableFuture<@Nullable Void> produced = new CompletableFuture<>();

    /**
     * A run in this stack.
     *
     * @param fanOut as which consumer the workers subscribe, the application's where it is empty text; none where they poll
     */
    DemoRun(DemoStack stack, Terminal terminal, Platform platform, Optional<String> fanOut) {
        this.stack = stack;
        this.fanOut = fanOut;
        this.terminal = terminal;
        this.platform = platform;
        this.loop = platform.newEventLoop("demo");
        this.tasks = platform.newBlockingTasks("demo", 8);
        this.kinesis = stack.kinesis();
        this.streams = new StreamAdmin(kinesis);
        this.board = new Board(ledger, platform.ticker(), terminal.errIsTerminal() ? event -> {} : terminal::note);
    }

    /** Puts the lines within about {@code time} while the script goes on, waits until all are processed, and judges. */
    DemoReport run(List<Bytes> lines, Duration time) {
        streams.create(STREAM, SHARDS);
        note("stream " + STREAM + " has " + SHARDS + " shards");
        startWorker("worker-1");
        startWorker("worker-2");
        await("the first two workers took the shards", () -> owned("worker-1") + owned("worker-2") == SHARDS);
        loop.execute(this::show);
        Script script = new Script(lines.size());
        tasks.execute(() -> produce(lines, time, script));
        List<DemoReport.Met> met = new ArrayList<>();
        for (Script.Step step : Script.Step.values()) {
            awaitPut(script.begin(step));
            script.begins(step);
            met.add(new DemoReport.Met(step, take(step, script)));
        }
        script.isOver();
        awaitAllProcessed();
        workers.forEach(WorkerProcess::stop);
        workers.forEach(worker -> worker.awaitEnd(STOP_PATIENCE));
        readers.forEach(CompletableFuture::join);
        return ask(() -> ledger.judge(met, fanOut.isPresent()));
    }

    @Override
    public void close() {
        workers.forEach(WorkerProcess::kill);
        tasks.close();
        loop.close();
        kinesis.close();
    }

    private void startWorker(String name) {
        note("starting " + name);
        List<String> arguments = new ArrayList<>(List.of(STREAM, name, Long.toString(FAILOVER.toMillis())));
        fanOut.ifPresent(consumer -> arguments.add(DemoWorkerCommand.fanOut(consumer)));
        WorkerProcess worker = WorkerProcess.start(name, arguments, stack.environment(), stack.folder());
        workers.add(worker);
        CompletableFuture<@Nullable Void> read = new CompletableFuture<>();
        readers.add(read);
        tasks.execute(() -> {
            worker.readMessages(message -> post(() -> board.onMessage(name, message)));
            read.complete(null);
        });
    }

    private void produce(List<Bytes> lines, Duration time, Script script) {
        try (BatchWriter writer = new BatchWriter(
                kinesis,
                STREAM,
                false,
                platform,
                new Patience(STEP_PATIENCE, platform.ticker(), String::valueOf, this::note),
                (number, key, shard) -> post(() -> ledger.acknowledged(key, shard)))) {
            new Producer(writer, platform.ticker()).run(lines, time, script);
            note("the producer is done");
            produced.complete(null);
        } catch (RuntimeException e) {
            produced.completeExceptionally(e);
        }
    }

    /** Takes a step and returns how many records it met. */
    private long take(Script.Step step, Script script) {
        return switch (step) {
            case JOIN -> join(script);
            case SPLIT -> split(script);
            case MERGE -> merge(script);
            case KILL -> kill(script);
        };
    }

    private long join(Script script) {
        long before = ask(ledger::put);
        startWorker("worker-3");
        await("worker-3 got a shard", () -> owned("worker-3") > 0);
        return traffic(script, () -> ledger.put() - before);
    }

    /** Splits the shard that got most. */
    private long split(Script script) {
        List<String> shards = neighbours();
        String shard = ask(() -> shards.stream()
                .max(Comparator.comparingLong(one -> ledger.putInto(List.of(one))))
                .orElseThrow());
        long before = putInto(List.of(shard));
        note("splitting " + shard);
        streams.split(STREAM, shard);
        await(shard + " was finished", () -> ask(() -> board.hasEnded(shard)));
        List<String> moved = withChildren(List.of(shard));
        return traffic(script, () -> ledger.putInto(moved) - before);
    }

    /** Merges the two neighbours that got most together. */
    private long merge(Script script) {
        List<String> shards = neighbours();
        int first = ask(() -> IntStream.range(0, shards.size() - 1)
                .boxed()
                .max(Comparator.comparingLong(i -> ledger.putInto(shards.subList(i, i + 2))))
                .orElseThrow());
        List<String> pair = shards.subList(first, first + 2);
        long before = putInto(pair);
        note("merging " + pair.get(0) + " and " + pair.get(1));
        streams.merge(STREAM, pair.get(0), pair.get(1));
        await(
                String.join(" and ", pair) + " were finished",
                () -> ask(() -> pair.stream().allMatch(board::hasEnded)));
        List<String> moved = withChildren(pair);
        return traffic(script, () -> ledger.putInto(moved) - before);
    }

    /** Kills the worker whose shards got most, and sees that others take them. */
    private long kill(Script script) {
        WorkerProcess victim = workers.stream()
                .max(Comparator.comparingLong(worker -> ask(() -> ledger.putInto(board.ownedBy(worker.name())))))
                .orElseThrow();
        List<String> shards = ask(() -> board.ownedBy(victim.name()));
        long before = putInto(shards);
        post(() -> board.onKill(victim.name()));
        victim.kill();
        await("others took the shards of " + victim.name(), () -> owned(victim.name()) == 0);
        return traffic(script, () -> ledger.putInto(shards) - before);
    }

    /** How many records a step met; waits for the first as long as one may come. */
    private long traffic(Script script, Supplier<Long> records) {
        while (ask(records) == 0 && !produced.isDone() && ask(ledger::put) < script.allowed()) {
            checkWorkers();
            Pause.of(LOOK);
        }
        return ask(records);
    }

    private long putInto(List<String> shards) {
        return ask(() -> ledger.putInto(shards));
    }

    private List<String> withChildren(List<String> parents) {
        List<String> all = new ArrayList<>(parents);
        streams.shards(STREAM).stream()
                .filter(shard -> shard.parentShardId() != null && parents.contains(shard.parentShardId()))
                .map(Shard::shardId)
                .forEach(all::add);
        return all;
    }

    private int owned(String worker) {
        return ask(() -> board.ownedBy(worker).size());
    }

    /** The open shards in the order of their ranges. */
    private List<String> neighbours() {
        return streams.openShards(STREAM).stream()
                .sorted(Comparator.comparing(
                        shard -> new BigInteger(shard.hashKeyRange().startingHashKey())))
                .map(Shard::shardId)
                .toList();
    }

    /** Gives up when nothing moves for a while. */
    private void awaitAllProcessed() {
        long moved = platform.ticker().nanoTime();
        long before = -1;
        while (!produced.isDone() || ask(() -> ledger.distinct() < ledger.put())) {
            if (produced.isCompletedExceptionally()) {
                produced.join();
            }
            long now = ask(ledger::distinct);
            if (now != before) {
                before = now;
                moved = platform.ticker().nanoTime();
            } else if (platform.ticker().since(moved).compareTo(STALL_PATIENCE) > 0) {
                note("no record was processed for " + STALL_PATIENCE.toSeconds() + " s; giving up");
                return;
            }
            checkWorkers();
            Pause.of(LOOK);
        }
        note("everything is processed");
    }

    private void await(String what, BooleanSupplier condition) {
        long started = platform.ticker().nanoTime();
        while (!condition.getAsBoolean()) {
            checkWorkers();
            if (platform.ticker().since(started).compareTo(STEP_PATIENCE) > 0) {
                throw CommandFailure.failed(
                        "the demo waited " + STEP_PATIENCE.toSeconds() + " s in vain until " + what);
            }
            Pause.of(LOOK);
        }
    }

    private void checkWorkers() {
        if (workers.stream().noneMatch(WorkerProcess::isAlive)) {
            throw CommandFailure.failed(
                    "all workers have ended: " + workers.get(0).lastWords());
        }
    }

    /** Waits until so many records are put, or all are. */
    private void awaitPut(long count) {
        while (!produced.isDone() && ask(ledger::put) < count) {
            checkWorkers();
            Pause.of(LOOK);
        }
        if (produced.isCompletedExceptionally()) {
            produced.join();
        }
        checkWorkers();
    }

    private void note(String event) {
        post(() -> board.happened(event));
    }

    private void show() {
        if (terminal.errIsTerminal()) {
            terminal.screen(board.screen(terminal.size()));
            loop.schedule(REDRAW, this::show);
        } else {
            terminal.note(board.line());
            loop.schedule(STATUS_LINE, this::show);
        }
    }

    /** Tells the loop; when it is closed nobody listens any more. */
    private void post(Runnable news) {
        try {
            loop.execute(news);
        } catch (RejectedExecutionException over) {
            // A worker or the producer says something after the end.
        }
    }

    /** Looks at what belongs to the loop. */
    private <T> T ask(Supplier<T> question) {
        return CompletableFuture.supplyAsync(question, loop).join();
    }
}
