package io.millrace.benchmarks.coordination;

import java.io.IOException;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.kinesis.model.Shard;

/**
 * Two workers; shards are split and merged while records come all the time. A merge is of two shards that belong to
 * different workers, so its child goes to another worker than one of its parents. Belongs to one thread.
 */
final class ChildrenScenario {
    private static final String STREAM = "children";
    private static final int SHARDS = 4;
    private static final int KEYS = 64;
    private static final Duration PACE = Duration.ofMillis(50);
    private static final Duration IDLE_TIME = Duration.ofMillis(250);
    private static final Duration FAILOVER = Duration.ofSeconds(10);

    private final Bench bench;

    ChildrenScenario(Bench bench) {
        this.bench = bench;
    }

    void run(int repeats) throws IOException {
        bench.stack().createStream(STREAM, SHARDS);
        try (Fleet fleet = new Fleet(bench, STREAM, FAILOVER, IDLE_TIME);
                SteadyLoad load =
                        SteadyLoad.start(bench.platform(), bench.stack().kinesis(), STREAM, KEYS, PACE)) {
            WorkerUnderTest one = fleet.start();
            WorkerUnderTest other = fleet.start();
            fleet.awaitEven(SHARDS);
            bench.figures().note("    " + one.name() + " and " + other.name() + " share the shards");
            Fleet.rest(Duration.ofSeconds(2));
            for (int i = 0; i < repeats; i++) {
                split(fleet, open().get(i % SHARDS));
                fleet.awaitEven(SHARDS + 1);
                merge(fleet);
                fleet.awaitEven(SHARDS);
                Fleet.rest(Duration.ofMillis(500));
            }
            if (load.failed() > 0) {
                bench.figures().note(load.failed() + " records were refused by the server");
            }
        }
    }

    private void split(Fleet fleet, Shard parent) throws IOException {
        BigInteger middle = start(parent).add(end(parent)).shiftRight(1);
        long asked = bench.now();
        var unused = bench.stack()
                .kinesis()
                .splitShard(request -> request.streamName(STREAM)
                        .shardToSplit(parent.shardId())
                        .newStartingHashKey(middle.toString()))
                .join();
        bench.stack().awaitActive(STREAM);
        measure(fleet, List.of(parent), asked);
    }

    private void merge(Fleet fleet) throws IOException {
        List<Shard> open = open();
        for (int i = 0; i + 1 < open.size(); i++) {
            Shard left = open.get(i);
            Shard right = open.get(i + 1);
            if (!ownerOf(fleet, left).equals(ownerOf(fleet, right))) {
                long asked = bench.now();
                var unused = bench.stack()
                        .kinesis()
                        .mergeShards(request -> request.streamName(STREAM)
                                .shardToMerge(left.shardId())
                                .adjacentShardToMerge(right.shardId()))
                        .join();
                bench.stack().awaitActive(STREAM);
                measure(fleet, List.of(left, right), asked);
                return;
            }
        }
        throw new IllegalStateException("all neighbours belong to the same worker");
    }

    /** Each child's first record after each parent's end. */
    private void measure(Fleet fleet, List<Shard> parents, long asked) throws IOException {
        List<String> ids = parents.stream().map(Shard::shardId).toList();
        List<String> children = shards().stream()
                .filter(shard -> ids.contains(shard.parentShardId()) || ids.contains(shard.adjacentParentShardId()))
                .map(Shard::shardId)
                .toList();
        fleet.await(
                "the children of " + ids + " are processed",
                () -> children.stream().allMatch(fleet.journal()::isProcessed));
        for (String child : children) {
            Journal.Told first = fleet.journal().first(child).orElseThrow();
            for (String parent : ids) {
                Journal.Told end = end(fleet, parent).orElseThrow();
                Row row = end.worker().equals(first.worker()) ? Row.CHILD_SAME : Row.CHILD_OTHER;
                bench.figures().addNanos(row, 0, first.at() - end.at());
            }
            bench.figures()
                    .note("    " + (first.at() - asked) / 1_000_000 + " ms after the split or merge was asked for");
        }
    }

    private static Optional<Journal.Told> end(Fleet fleet, String shard) {
        return fleet.journal().events(Line.Kind.READ_OUT, 0).stream()
                .filter(told -> told.shard().equals(shard))
                .max(Comparator.comparingLong(Journal.Told::at));
    }

    private static String ownerOf(Fleet fleet, Shard shard) {
        return fleet.journal().holdings().entrySet().stream()
                .filter(held -> held.getValue().contains(shard.shardId()))
                .map(held -> held.getKey())
                .collect(Collectors.joining());
    }

    private List<Shard> open() {
        List<Shard> open = new ArrayList<>(shards());
        open.removeIf(shard -> shard.sequenceNumberRange().endingSequenceNumber() != null);
        open.sort(Comparator.comparing(ChildrenScenario::start));
        return open;
    }

    private List<Shard> shards() {
        return bench.stack()
                .kinesis()
                .listShards(request -> request.streamName(STREAM))
                .join()
                .shards();
    }

    private static BigInteger start(Shard shard) {
        return new BigInteger(shard.hashKeyRange().startingHashKey());
    }

    private static BigInteger end(Shard shard) {
        return new BigInteger(shard.hashKeyRange().endingHashKey());
    }
}
