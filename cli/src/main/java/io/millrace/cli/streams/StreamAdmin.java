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
        Shard shard = shards(name).stream()
                .filter(candidate -> candidate.shardId().equals(shardId))
                .findFirst()
                .orElseThrow(() -> CommandFailure.failed("stream " + name + " has no shard " + shardId
                        + " (`millrace stream describe " + name + "` lists them)"));
        split(name, shardId, range(shard).middle());
    }

    /** Merges two neighbours, given in any order. */
    public void merge(String name, String first, String second) {
        List<String> ordered = shards(name).stream()
                .filter(shard ->
                        shard.shardId().equals(first) || shard.shardId().equals(second))
                .sorted(Comparator.comparing(shard -> range(shard).start()))
                .map(Shard::shardId)
                .toList();
        String lower = ordered.size() == 2 ? ordered.get(0) : first;
        String upper = ordered.size() == 2 ? ordered.get(1) : second;
        kinesis.mergeShards(
                        request -> request.streamName(name).shardToMerge(lower).adjacentShardToMerge(upper))
                .join();
        awaitActive(name);
    }

    /** Splits wherever a target range begins inside a shard, then merges whatever lies within one target range. */
    public void scale(String name, List<HashKeyRange> targets, Consumer<String> progress) {
        for (HashKeyRange target : targets) {
            for (Shard shard : openShards(name)) {
                if (range(shard).contains(target.start())
                        && !range(shard).start().equals(target.start())) {
                    progress.accept("splitting " + shard.shardId());
                    split(name, shard.shardId(), target.start());
                }
            }
        }
        for (HashKeyRange target : targets) {
            for (List<Shard> inside = within(name, target); inside.size() > 1; inside = within(name, target)) {
                progress.accept("merging " + inside.get(0).shardId());
                merge(name, inside.get(0).shardId(), inside.get(1).shardId());
            }
        }
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

    private List<Shard> within(String name, HashKeyRange target) {
        return openShards(name).stream()
                .filter(shard -> target.contains(range(shard).start()))
                .sorted(Comparator.comparing(shard -> range(shard).start()))
                .toList();
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
