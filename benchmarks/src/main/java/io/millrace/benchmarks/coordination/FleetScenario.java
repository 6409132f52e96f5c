package io.millrace.benchmarks.coordination;

import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Three workers share 64 shards; workers join, stop and are killed, followers and leaders, while records come all the time.
 * Belongs to one thread.
 */
final class FleetScenario {
    private static final int MANY = 64;
    private static final int FEW = 16;
    private static final Duration PACE = Duration.ofMillis(50);
    private static final Duration IDLE_TIME = Duration.ofMillis(250);

    /** What is looked at before and behind a lease's move. */
    private static final Duration AROUND = Duration.ofSeconds(1);

    private final Bench bench;
    private final Duration failover;

    FleetScenario(Bench bench, Duration failover) {
        this.bench = bench;
        this.failover = failover;
    }

    /** Two joins with a stop between them, in a fleet with a few shards. */
    void moves(String stream) throws IOException, InterruptedException {
        bench.stack().createStream(stream, FEW);
        try (Fleet fleet = new Fleet(bench, stream, failover, IDLE_TIME);
                SteadyLoad load =
                        SteadyLoad.start(bench.platform(), bench.stack().kinesis(), stream, FEW, PACE)) {
            start(fleet, FEW);
            pause(fleet, fleet.start(), FEW, Row.MOVE_PAUSE);
            leave(fleet, fleet.follower(), FEW);
            pause(fleet, fleet.start(), FEW, Row.MOVE_PAUSE);
            tellRefused(load);
        }
    }

    void run(String stream) throws IOException, InterruptedException {
        bench.stack().createStream(stream, MANY);
        try (Fleet fleet = new Fleet(bench, stream, failover, IDLE_TIME);
                SteadyLoad load =
                        SteadyLoad.start(bench.platform(), bench.stack().kinesis(), stream, MANY, PACE)) {
            start(fleet, MANY);
            long planned = bench.now();
            join(fleet);
            stop(fleet, fleet.follower(), Row.STOP);
            join(fleet);
            stop(fleet, fleet.leader(), Row.STOP_LEADER);
            tellLosses(fleet, planned);
            bench.figures().add(Row.MOVE_REPEATED, fleet.journal().repeated(planned, bench.now()));
            kill(fleet, fleet.follower(), Row.KILL);
            kill(fleet, fleet.leader(), Row.KILL_LEADER);
            tellRefused(load);
        }
    }

    private static void start(Fleet fleet, int shards) throws IOException {
        for (int i = 0; i < 3; i++) {
            WorkerUnderTest unused = fleet.start();
        }
        fleet.awaitEven(shards);
        settle();
    }

    private void tellRefused(SteadyLoad load) {
        if (load.failed() > 0) {
            bench.figures().note(load.failed() + " records were refused by the server");
        }
    }

    private static void leave(Fleet fleet, WorkerUnderTest worker, int shards)
            throws IOException, InterruptedException {
        fleet.remove(worker);
        worker.terminate();
        worker.awaitEnd();
        fleet.awaitEven(shards);
        settle();
    }

    private void join(Fleet fleet) throws IOException {
        WorkerUnderTest joined = fleet.start();
        fleet.awaitEven(MANY);
        OptionalLong even = fleet.journal().evenAt(fleet.names(), MANY, joined.startedAt());
        bench.figures().addNanos(Row.JOIN, 0, even.orElseThrow() - joined.startedAt());
        pause(fleet, joined, MANY, Row.MOVE_PAUSE_MANY);
    }

    private void pause(Fleet fleet, WorkerUnderTest joined, int shards, Row row) throws IOException {
        fleet.awaitEven(shards);
        settle();
        List<Journal.Told> moved = fleet.journal().events(Line.Kind.TAKEN, joined.startedAt()).stream()
                .filter(told -> told.worker().equals(joined.name()))
                .toList();
        Duration longest = moved.stream()
                .map(told -> fleet.journal().longestGap(told.shard(), told.at(), AROUND))
                .max(Duration::compareTo)
                .orElseThrow();
        bench.figures().addNanos(row, 0, longest.toNanos());
        moved.stream()
                .max(Comparator.comparing(told -> fleet.journal().longestGap(told.shard(), told.at(), AROUND)))
                .ifPresent(told -> tellParts(fleet.journal(), told));
    }

    /** Where the longest pause went. */
    private void tellParts(Journal journal, Journal.Told taken) {
        long released = journal.events(Line.Kind.RELEASED, taken.at() - AROUND.toNanos()).stream()
                .filter(told -> told.shard().equals(taken.shard()) && told.at() <= taken.at())
                .mapToLong(Journal.Told::at)
                .max()
                .orElse(taken.at());
        long before = journal.lastBefore(taken.shard(), released).orElse(released);
        long after = journal.firstElsewhere(taken.shard(), "", taken.at())
                .map(Journal.Told::at)
                .orElse(taken.at());
        bench.figures()
                .note("    of it " + millis(released - before) + " ms until it was let go, "
                        + millis(taken.at() - released) + " ms until it was taken, " + millis(after - taken.at())
                        + " ms until the first record");
    }

    private static long millis(long nanos) {
        return nanos / 1_000_000;
    }

    private void stop(Fleet fleet, WorkerUnderTest worker, Row row) throws IOException, InterruptedException {
        Set<String> shards = fleet.journal().heldBy(worker.name());
        fleet.remove(worker);
        long asked = bench.now();
        worker.terminate();
        long last = fleet.awaitElsewhere(shards, worker.name(), asked);
        List<Journal.Told> released = fleet.journal().events(Line.Kind.RELEASED, asked);
        long slowest = 0;
        for (Journal.Told told : released) {
            if (told.worker().equals(worker.name())) {
                long next = fleet.journal()
                        .firstElsewhere(told.shard(), worker.name(), asked)
                        .orElseThrow()
                        .at();
                slowest = Math.max(slowest, next - told.at());
            }
        }
        bench.figures().addNanos(row, 0, slowest);
        bench.figures().note("    all its shards elsewhere " + (last - asked) / 1_000_000 + " ms after SIGTERM");
        worker.awaitEnd();
        fleet.awaitEven(MANY);
        settle();
    }

    /** A worker that the machine kept from its heartbeats loses its leases, and their records come again. */
    private void tellLosses(Fleet fleet, long since) {
        fleet.journal().events(Line.Kind.LOST, since).stream()
                .collect(Collectors.groupingBy(
                        told -> told.worker() + ": " + told.line().text(), TreeMap::new, Collectors.counting()))
                .forEach((reason, count) -> bench.figures().note("    " + count + " leases lost by " + reason));
    }

    private void kill(Fleet fleet, WorkerUnderTest worker, Row row) throws IOException {
        Set<String> shards = fleet.journal().heldBy(worker.name());
        fleet.remove(worker);
        long killed = bench.now();
        worker.kill();
        long last = fleet.awaitElsewhere(shards, worker.name(), killed);
        bench.figures().addNanos(row, failover.toSeconds(), last - killed);
        fleet.journal().forget(worker.name());
        fleet.awaitEven(MANY);
        settle();
    }

    /** Time for what was under way to be told; what is looked at around a move lies within. */
    private static void settle() {
        Fleet.rest(AROUND.plusMillis(500));
    }
}
