package io.millrace.systemtests.chaos;

import static java.util.Comparator.comparing;

import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import io.millrace.systemtests.chaos.ChaosJudge.Told;
import io.millrace.systemtests.chaos.ChaosJudge.Trouble;
import io.millrace.systemtests.chaos.ChaosNote.Ownership;
import io.millrace.systemtests.process.CutWire;
import io.millrace.systemtests.process.LocalClients;
import io.millrace.systemtests.process.MillraceProcess;
import io.millrace.systemtests.process.Tables;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardFilterType;

/**
 * A stream server, a table behind a wire that can be cut, and worker processes that tell what they do. Steps are done to it by one
 * thread, which waits for what workers tell.
 */
final class ChaosFleet implements AutoCloseable {
    /** How long after a trouble is over its leases may still be told lost. */
    private static final Duration AFTERMATH = Duration.ofSeconds(20);

    private final String stream;
    private final Duration failover;
    private final Path data;
    private final int port = MillraceProcess.freePort();
    private final Tables tables = Tables.open();
    private final CutWire wire;
    private final KinesisAsyncClient kinesis = LocalClients.kinesis(port, 5);
    private final ChaosCrew crew;
    private final Consumer<ChaosNote> onNote;

    private final ConcurrentLinkedQueue<Told> told = new ConcurrentLinkedQueue<>();
    /** The highest epoch of each shard that anybody took. */
    private final Map<String, Long> epochs = new ConcurrentHashMap<>();

    private final List<Trouble> troubles = new ArrayList<>();
    private final List<Member> everybody = new ArrayList<>();
    private final Deque<Member> working = new ArrayDeque<>();
    /** A permit whenever a worker told something. */
    private final Semaphore news = new Semaphore(0);

    private MillraceProcess server;
    private volatile long latest = System.nanoTime();

    /** A worker and what it holds by its own account; the set belongs to the thread that reads its lines, others only look. */
    private record Member(String name, MillraceProcess process, Set<Ownership> holds) {}

    /**
     * Starts the services and makes the stream.
     *
     * @param crew starts its workers
     * @param onNote is told what workers tell, on threads of their own
     */
    ChaosFleet(String stream, int shards, Duration failover, Path data, ChaosCrew crew, Consumer<ChaosNote> onNote)
            throws IOException {
        this.stream = stream;
        this.failover = failover;
        this.data = data;
        this.crew = crew;
        this.onNote = onNote;
        this.wire = new CutWire(tables.endpoint());
        this.server = MillraceProcess.startServer(port, data);
        LocalClients.createStream(kinesis, stream, shards);
    }

    int port() {
        return port;
    }

    /** Whether no worker has told anything for so long. */
    boolean isQuietFor(Duration time) {
        return System.nanoTime() - latest > time.toNanos();
    }

    List<Told> told() {
        return List.copyOf(told);
    }

    List<Trouble> troubles() {
        return List.copyOf(troubles);
    }

    /** Looks again whenever a worker told something, and now and then; the test's time limit ends a vain wait. */
    void await(String what, BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            try {
                news.tryAcquire(20, TimeUnit.MILLISECONDS);
            } catch (InterruptedException timeout) {
                throw new AssertionError("waited in vain for " + what + "; the workers: " + everybody, timeout);
            }
            news.drainPermits();
        }
    }

    void join() {
        String name = "w" + everybody.size();
        Set<Ownership> holds = ConcurrentHashMap.newKeySet();
        MillraceProcess process = crew.start(
                new ChaosCrew.Newcomer(
                        everybody.size(),
                        name,
                        stream,
                        failover,
                        LocalClients.environment(port, wire.endpoint().getPort())),
                note -> hear(name, note, holds));
        Member member = new Member(name, process, holds);
        everybody.add(member);
        working.add(member);
    }

    /** Waits until so many workers hold leases. */
    void awaitHolders(int count) {
        await(count + " workers with leases", () -> {
            working.stream().filter(member -> !member.process.isAlive()).forEach(dead -> {
                throw new AssertionError("ended before it was asked to: " + dead);
            });
            return working.stream().filter(member -> !member.holds.isEmpty()).count() >= count;
        });
    }

    void leave() {
        Member leaver = working.remove();
        crew.askToLeave(leaver.process);
        checkThatItLeft(leaver);
    }

    void kill() {
        Member victim = working.remove();
        troubles.add(Trouble.death(victim.name, System.nanoTime()));
        victim.process.kill();
        victim.process.awaitOutput();
        await("the end of whatever " + victim + " had started", () -> crew.isGone(victim.name));
        awaitOthers(victim);
    }

    void freeze() {
        Member zombie = working.remove();
        long from = System.nanoTime();
        zombie.process.signal("STOP");
        long until = from + failover.multipliedBy(2).toNanos();
        awaitOthers(zombie);
        await("the end of its sleep", () -> System.nanoTime() >= until);
        zombie.process.signal("CONT");
        troubles.add(Trouble.sleep(zombie.name, from, System.nanoTime() + AFTERMATH.toNanos()));
        Set<Ownership> held = Set.copyOf(zombie.holds);
        await("the loss of " + zombie, () -> held.stream().noneMatch(zombie.holds::contains));
        working.add(zombie);
    }

    void restartServer(boolean killed) {
        if (killed) {
            server.kill();
        } else {
            server.terminate();
            server.exitCode();
        }
        server = MillraceProcess.startServer(port, data);
    }

    void loseTable(Duration time) {
        long from = System.nanoTime();
        wire.cut();
        await("all leases lost", () -> working.stream().allMatch(member -> member.holds.isEmpty()));
        await("the end of the outage", () -> System.nanoTime() >= from + time.toNanos());
        wire.mend();
        long until = System.nanoTime() + AFTERMATH.toNanos();
        working.forEach(member -> troubles.add(Trouble.sleep(member.name, from, until)));
    }

    void split() {
        LocalClients.awaitActive(kinesis, stream);
        Shard widest = open().stream().max(comparing(ChaosFleet::width)).orElseThrow();
        HashKey middle = new HashKeyRange(
                        HashKey.parse(widest.hashKeyRange().startingHashKey()),
                        HashKey.parse(widest.hashKeyRange().endingHashKey()))
                .middle();
        kinesis.splitShard(request -> request.streamName(stream)
                        .shardToSplit(widest.shardId())
                        .newStartingHashKey(middle.toString()))
                .join();
    }

    void merge() {
        LocalClients.awaitActive(kinesis, stream);
        List<Shard> shards = open();
        int narrowest = 0;
        for (int i = 1; i + 1 < shards.size(); i++) {
            if (width(shards.get(i))
                            .add(width(shards.get(i + 1)))
                            .compareTo(width(shards.get(narrowest)).add(width(shards.get(narrowest + 1))))
                    < 0) {
                narrowest = i;
            }
        }
        String one = shards.get(narrowest).shardId();
        String other = shards.get(narrowest + 1).shardId();
        kinesis.mergeShards(
                        request -> request.streamName(stream).shardToMerge(one).adjacentShardToMerge(other))
                .join();
    }

    /** All workers leave at once. */
    void leaveAll() {
        working.forEach(member -> crew.askToLeave(member.process));
        working.forEach(ChaosFleet::checkThatItLeft);
        everybody.forEach(member -> member.process.awaitOutput());
    }

    @Override
    public void close() throws IOException {
        everybody.forEach(member -> member.process.kill());
        server.close();
        kinesis.close();
        wire.close();
        tables.close();
    }

    private void hear(String name, ChaosNote note, Set<Ownership> holds) {
        told.add(new Told(name, note));
        if (note instanceof ChaosNote.Taken taken) {
            holds.add(taken.of());
            epochs.merge(taken.of().shard(), taken.of().epoch(), Math::max);
        } else if (note instanceof ChaosNote.Over over) {
            holds.remove(over.of());
        }
        onNote.accept(note);
        latest = System.nanoTime();
        news.release();
    }

    private static void checkThatItLeft(Member leaver) {
        if (leaver.process.exitCode() != 0) {
            throw new AssertionError("did not leave well: " + leaver);
        }
    }

    /** Waits until each open shard that this worker held was taken by another, however it went on with it. */
    private void awaitOthers(Member gone) {
        Set<String> open = open().stream().map(Shard::shardId).collect(Collectors.toSet());
        List<Ownership> held =
                gone.holds.stream().filter(each -> open.contains(each.shard())).toList();
        await(
                "others with the shards of " + gone,
                () -> held.stream().allMatch(each -> epochs.getOrDefault(each.shard(), 0L) > each.epoch()));
    }

    /** The open shards, by their hash keys. */
    private List<Shard> open() {
        return kinesis
                .listShards(request ->
                        request.streamName(stream).shardFilter(filter -> filter.type(ShardFilterType.AT_LATEST)))
                .join()
                .shards()
                .stream()
                .sorted(comparing(shard -> new BigInteger(shard.hashKeyRange().startingHashKey())))
                .toList();
    }

    private static BigInteger width(Shard shard) {
        return new BigInteger(shard.hashKeyRange().endingHashKey())
                .subtract(new BigInteger(shard.hashKeyRange().startingHashKey()));
    }
}
