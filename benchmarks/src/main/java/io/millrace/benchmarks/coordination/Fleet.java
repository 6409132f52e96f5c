package io.millrace.benchmarks.coordination;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The workers of one application on one stream, each a process of its own. Belongs to one thread. */
final class Fleet implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(3);

    private final Bench bench;
    private final String application;
    private final String stream;
    private final Duration failover;
    private final Duration idleTime;
    private final Journal journal;
    private final List<WorkerUnderTest> workers = new ArrayList<>();
    private int made;

    /** A fleet without workers, of an application that is called as its stream. */
    Fleet(Bench bench, String stream, Duration failover, Duration idleTime) {
        this.bench = bench;
        this.application = stream;
        this.stream = stream;
        this.failover = failover;
        this.idleTime = idleTime;
        this.journal = new Journal(bench.platform().ticker());
    }

    Journal journal() {
        return journal;
    }

    WorkerUnderTest start() throws IOException {
        String name = application + "-" + ++made;
        List<String> arguments = List.of(
                application, stream, name, String.valueOf(failover.toSeconds()), String.valueOf(idleTime.toMillis()));
        WorkerUnderTest worker = WorkerUnderTest.start(
                new WorkerUnderTest.Start(
                        name,
                        bench.java(WorkerMain.class, arguments),
                        bench.stack().environment(),
                        bench.stack().log(name)),
                bench.platform(),
                bench.threads(),
                line -> journal.add(name, Line.parse(line)));
        workers.add(worker);
        return worker;
    }

    /** The names of those that run. */
    List<String> names() {
        return workers.stream().map(WorkerUnderTest::name).toList();
    }

    WorkerUnderTest leader() {
        return byLeadership(true);
    }

    WorkerUnderTest follower() {
        return byLeadership(false);
    }

    private WorkerUnderTest byLeadership(boolean leads) {
        String leader = bench.stack().leader(application);
        return workers.stream()
                .filter(worker -> worker.name().equals(leader) == leads)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no such worker; " + leader + " leads " + names()));
    }

    /** Takes {@code worker} off the list, because it is to end. */
    void remove(WorkerUnderTest worker) {
        workers.remove(worker);
    }

    void awaitEven(int leases) throws IOException {
        await("the leases are even", () -> journal.isEven(names(), leases));
    }

    /** Waits until somebody else processed a record of each of {@code shards}; returns when the last one did. */
    long awaitElsewhere(Set<String> shards, String worker, long since) throws IOException {
        await(
                "others go on with the shards of " + worker,
                () -> shards.stream().allMatch(shard -> journal.isElsewhere(shard, worker, since)));
        return shards.stream()
                .mapToLong(shard -> journal.firstElsewhere(shard, worker, since)
                        .orElseThrow()
                        .at())
                .max()
                .orElse(since);
    }

    void await(String what, BooleanSupplier condition) throws IOException {
        journal.await(what, LIMIT, condition);
    }

    /** Lets things go on for a while. */
    static void rest(Duration time) {
        boolean unused = new CompletableFuture<Boolean>()
                .completeOnTimeout(true, time.toNanos(), TimeUnit.NANOSECONDS)
                .join();
    }

    @Override
    public void close() {
        workers.forEach(WorkerUnderTest::close);
    }
}
