package io.millrace.cli.streams;

import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.Pause;
import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.ListStreamsResponse;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.StreamDescriptionSummary;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;

/** What {@code millrace stream} does to streams, each change until it is done. Blocks; for one thread. */
public final class StreamAdmin {
    private static final Duration POLL = Duration.ofMillis(150);
    private static final int POLLS = 800;

    private final KinesisAsyncClient kinesis;

    /** Works with this client, which the caller closes. */
    public StreamAdmin(KinesisAsyncClient kinesis) {
        this.kinesis = kinesis;
    }

    /** Makes a stream and returns when it takes records. */
    public void create(String name, int shards) {
        kinesis.createStream(request -> request.streamName(name).shardCount(shards))
                .join();
        awaitActive(name);
    }

    /** Deletes a stream with its records and returns when it is gone. */
    public void delete(String name) {
        kinesis.deleteStream(request -> request.streamName(name).enforceConsumerDeletion(true))
                .join();
        for (int i = 0; i < POLLS; i++) {
            if (find(name).isEmpty()) {
                return;
            }
            Pause.of(POLL);
        }
        throw CommandFailure.failed("stream " + name + " is still being deleted after two minutes");
    }

    /** Splits a shard in two halves. */
    public void split(String name, String shardId) {
        Shard shard = shard(name, shards(name), shardId);
        split(name, shardId, range(shard).middle());
    }

    private static Shard shard(String name, List<Shard> shards, String shardId) {
        return shards.stream()
                .filter(candidate -> candidate.shardId().equals(shardId))
                .findFirst()
                .orElseThrow(() -> CommandFailure.failed("stream " + name + " has no shard " + shardId
                        + " (`millrace stream describe " + name + "` lists them)"));
    }

    /** Merges two neighbours, given in any order. */
    public void merge(String name, String first, String second) {
        List<Shard> shards = shards(name);
        List<String> ordered = Stream.of(shard(name, shards, first), shard(name, shards, second))
                .sorted(Comparator.comparing(shard -> range(shard).start()))
                .map(Shard::shardId)
                .toList();
        kinesis.mergeShards(request ->
                        request.streamName(name).shardToMerge(ordered.get(0)).adjacentShardToMerge(ordered.get(1)))
                .join();
        awaitActive(name);
    }

    /**
     * Brings a stream to {@code count} evenly sized open shards, in the fewest splits and merges.
     *
     * @param progress is told each step before it is taken
     */
    public void scale(String name, int count, Consumer<String> progress) {
        List<ScalePlan.Step> steps = ScalePlan.of(
                openShards(name).stream()
                        .map(StreamAdmin::range)
                        .sorted(Comparator.comparing(HashKeyRange::start))
                        .toList(),
                count);
        for (int i = 0; i < steps.size(); i++) {
            String part = " (" + (i + 1) + " of " + steps.size() + ")";
            if (steps.get(i) instanceof ScalePlan.Split split) {
                String shard = open(name, split.shard());
                progress.accept("splitting " + shard + part);
                split(name, shard, split.at());
            } else if (steps.get(i) instanceof ScalePlan.Merge merge) {
                String lower = open(name, merge.lower());
                String upper = open(name, merge.upper());
                progress.accept("merging " + lower + " and " + upper + part);
                merge(name, lower, upper);
            }
        }
    }

    private String open(String name, HashKeyRange range) {
        return openShards(name).stream()
                .filter(shard -> range(shard).equals(range))
                .findFirst()
                .orElseThrow(() -> CommandFailure.failed(
                        "someone else changes the shards of " + name + " meanwhile; scale it again"))
                .shardId();
    }

    /** The names of all streams, in order. */
    public List<String> names() {
        List<String> names = new ArrayList<>();
        boolean more = true;
        while (more) {
            String after = names.isEmpty() ? null : names.get(names.size() - 1);
            ListStreamsResponse page = kinesis.listStreams(request -> request.exclusiveStartStreamName(after))
                    .join();
            names.addAll(page.streamNames());
            more = page.hasMoreStreams() && !page.streamNames().isEmpty();
        }
        return names;
    }

    /** What the stream is like; fails with a {@code ResourceNotFoundException} when there is none. */
    public StreamDescriptionSummary summary(String name) {
        return kinesis.describeStreamSummary(request -> request.streamName(name))
                .join()
                .streamDescriptionSummary();
    }

    /** All shards that the service still lists, closed ones included. */
    public List<Shard> shards(String name) {
        List<Shard> shards = new ArrayList<>();
        ListShardsResponse page =
                kinesis.listShards(request -> request.streamName(name)).join();
        shards.addAll(page.shards());
        @Nullable String token = page.nextToken();
        while (token != null) {
            String next = token;
            page = kinesis.listShards(request -> request.nextToken(next)).join();
            shards.addAll(page.shards());
            token = page.nextToken();
        }
        return shards;
    }

    /** True while the shard takes records. */
    public static boolean isOpen(Shard shard) {
        return shard.sequenceNumberRange().endingSequenceNumber() == null;
    }

    private void split(String name, String shardId, HashKey at) {
        kinesis.splitShard(request ->
                        request.streamName(name).shardToSplit(shardId).newStartingHashKey(at.toString()))
                .join();
        awaitActive(name);
    }

    /** The shards that take records. */
    public List<Shard> openShards(String name) {
        return shards(name).stream().filter(StreamAdmin::isOpen).toList();
    }

    private static HashKeyRange range(Shard shard) {
        return new HashKeyRange(
                HashKey.of(new BigInteger(shard.hashKeyRange().startingHashKey())),
                HashKey.of(new BigInteger(shard.hashKeyRange().endingHashKey())));
    }

    private void awaitActive(String name) {
        for (int i = 0; i < POLLS; i++) {
            if (summary(name).streamStatus() == StreamStatus.ACTIVE) {
                return;
            }
            Pause.of(POLL);
        }
        throw CommandFailure.failed("stream " + name + " is not active after two minutes");
    }

    private Optional<StreamDescriptionSummary> find(String name) {
        try {
            return Optional.of(summary(name));
        } catch (CompletionException e) {
            if (e.getCause() instanceof ResourceNotFoundException) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
