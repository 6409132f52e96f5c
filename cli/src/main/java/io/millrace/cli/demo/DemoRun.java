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
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
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
    private static final Duration REDRAW = Duration.ofMillis(250);
    private static final Duration STATUS_LINE = Duration.ofSeconds(2);

    private final DemoStack stack;
    private final Terminal terminal;
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

    DemoRun(DemoStack stack, Terminal terminal, Platform platform) {
        this.stack = stack;
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
        long started = platform.ticker().nanoTime();
        tasks.execute(() -> produce(lines, time));
        waitUntil(started, time, 0.10);
        startWorker("worker-3");
        waitUntil(started, time, 0.30);
        await("worker-3 got a shard", () -> owned("worker-3") > 0);
        split();
        waitUntil(started, time, 0.45);
        merge();
        waitUntil(started, time, 0.60);
        kill();
        awaitAllProcessed();
        workers.forEach(WorkerProcess::stop);
        workers.forEach(worker -> worker.awaitEnd(STOP_PATIENCE));
        readers.forEach(CompletableFuture::join);
        return ask(ledger::judge);
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
        WorkerProcess worker = WorkerProcess.start(
                name, List.of(STREAM, name, Long.toString(FAILOVER.toMillis())), stack.environment(), stack.folder());
        workers.add(worker);
        CompletableFuture<@Nullable Void> read = new CompletableFuture<>();
        readers.add(read);
        tasks.execute(() -> {
            worker.readMessages(message -> loop.execute(() -> board.onMessage(name, message)));
            read.complete(null);
        });
    }

    private void produce(List<Bytes> lines, Duration time) {
        try {
            BatchWriter writer = new BatchWriter(
                    kinesis,
                    STREAM,
                    platform.random(),
                    new Patience(STEP_PATIENCE, platform.ticker(), String::valueOf, this::note),
                    (key, shard) -> loop.execute(() -> ledger.acknowledged(key, shard)));
            new Producer(writer, platform.ticker()).run(lines, time);
            note("the producer is done");
            produced.complete(null);
        } catch (RuntimeException e) {
            produced.completeExceptionally(e);
        }
    }

    private void split() {
        Shard shard = neighbours().get(0);
        note("splitting " + shard.shardId());
        streams.split(STREAM, shard.shardId());
        await(shard.shardId() + " was finished", () -> ask(() -> board.hasEnded(shard.shardId())));
    }

    private void merge() {
        List<Shard> shards = neighbours();
        String lower = shards.get(shards.size() - 2).shardId();
        String upper = shards.get(shards.size() - 1).shardId();
        note("merging " + lower + " and " + upper);
        streams.merge(STREAM, lower, upper);
        await(
                lower + " and " + upper + " were finished",
                () -> ask(() -> board.hasEnded(lower) && board.hasEnded(upper)));
    }

    /** Kills the worker that owns most, and sees that others take its shards. */
    private void kill() {
        WorkerProcess victim = workers.stream()
                .max(Comparator.comparingInt(worker -> owned(worker.name())))
                .orElseThrow();
        loop.execute(() -> board.onKill(victim.name()));
        victim.kill();
        await("others took the shards of " + victim.name(), () -> owned(victim.name()) == 0);
    }

    private int owned(String worker) {
        return ask(() -> board.ownedBy(worker).size());
    }

    private List<Shard> neighbours() {
        return streams.openShards(STREAM).stream()
                .sorted(Comparator.comparing(
                        shard -> new BigInteger(shard.hashKeyRange().startingHashKey())))
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
            Pause.of(Duration.ofMillis(50));
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
            Pause.of(Duration.ofMillis(50));
        }
    }

    private void checkWorkers() {
        if (workers.stream().noneMatch(WorkerProcess::isAlive)) {
            throw CommandFailure.failed(
                    "all workers have ended: " + workers.get(0).lastWords());
        }
    }

    private void waitUntil(long started, Duration time, double share) {
        Duration left = Duration.ofNanos((long) (time.toNanos() * share))
                .minus(platform.ticker().since(started));
        if (!left.isNegative()) {
            Pause.of(left);
        }
        if (produced.isCompletedExceptionally()) {
            produced.join();
        }
        checkWorkers();
    }

    private void note(String event) {
        loop.execute(() -> board.happened(event));
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

    /** Looks at what belongs to the loop. */
    private <T> T ask(Supplier<T> question) {
        return CompletableFuture.supplyAsync(question, loop).join();
    }
}
