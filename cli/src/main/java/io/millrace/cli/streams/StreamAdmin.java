package io.millrace.cli.streams;

import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.Pause;
import io.millrace.cli.terminal.Refusal;
import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
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
    private static final int ATTEMPTS = 5;

    private final KinesisAsyncClient kinesis;

    /** Works with this client, which the caller closes. */
    public StreamAdmin(KinesisAsyncClient kinesis) {
        this.kinesis = kinesis;
    }

    /** Makes a stream and returns when it takes records. */
    public void create(String name, int shards) {
        boolean isOthers = find(name).isPresent();
        change(
                () -> kinesis.createStream(request -> request.streamName(name).shardCount(shards)),
                () -> !isOthers && find(name).isPresent());
        after("stream " + name + " was created, but whether it takes records is not known", () -> awaitActive(name));
    }

    /** Deletes a stream with its records and returns when it is gone. */
    public void delete(String name) {
        change(
                () -> kinesis.deleteStream(request -> request.streamName(name).enforceConsumerDeletion(true)),
                () -> find(name)
                        .map(StreamDescriptionSummary::streamStatus)
                        .filter(status -> status != StreamStatus.DELETING)
                        .isEmpty());
        after("stream " + name + " is being deleted, but whether it is gone is not known", () -> awaitGone(name));
    }

    private void awaitGone(String name) {
        for (int i = 0; i < POLLS; i++) {
            if (find(name).isEmpty()) {
                return;
            }
            Pause.of(POLL);
        }
        throw CommandFailure.failed("it is still there after two minutes");
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
        String lower = ordered.get(0);
        String upper = ordered.get(1);
        change(
                () -> kinesis.mergeShards(
                        request -> request.streamName(name).shardToMerge(lower).adjacentShardToMerge(upper)),
                () -> shards(name).stream().anyMatch(child -> parents(child).equals(Set.of(lower, upper))));
        after(
                lower + " and " + upper + " were merged, but whether the stream is ACTIVE is not known",
                () -> awaitActive(name));
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
            int number = i + 1;
            after(
                    i + " of " + steps.size()
                            + " splits and merges were done, and the next one was not seen to end; scale"
                            + " the stream again to go on",
                    () -> take(name, steps.get(number - 1), " (" + number + " of " + steps.size() + ")", progress));
        }
    }

    private void take(String name, ScalePlan.Step step, String part, Consumer<String> progress) {
        if (step instanceof ScalePlan.Split split) {
            String shard = open(name, split.shard());
            progress.accept("splitting " + shard + part);
            split(name, shard, split.at());
        } else if (step instanceof ScalePlan.Merge merge) {
            String lower = open(name, merge.lower());
            String upper = open(name, merge.upper());
            progress.accept("merging " + lower + " and " + upper + part);
            merge(name, lower, upper);
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
        change(
                () -> kinesis.splitShard(request ->
                        request.streamName(name).shardToSplit(shardId).newStartingHashKey(at.toString())),
                () -> shards(name).stream().anyMatch(child -> parents(child).equals(Set.of(shardId))));
        after(shardId + " was split, but whether the stream is ACTIVE is not known", () -> awaitActive(name));
    }

    private static Set<String> parents(Shard shard) {
        return Stream.of(shard.parentShardId(), shard.adjacentParentShardId())
                .filter(parent -> parent != null)
                .collect(Collectors.toSet());
    }

    /**
     * Changes a stream once. Where an answer is lost the change may be made all the same, and the call that repeats it is
     * refused then: what counts is what the stream says.
     *
     * @param isDone looks whether the change is made; it was not before
     */
    private static void change(Supplier<CompletableFuture<?>> call, BooleanSupplier isDone) {
        for (int attempt = 1; true; attempt++) {
            try {
                call.get().join();
                return;
            } catch (CompletionException e) {
                boolean mayBeMade = attempt > 1 || Refusal.isAnswerLost(e) || wasRepeated(e);
                if (mayBeMade && isSeen(isDone)) {
                    return;
                }
                if (!Refusal.isAnswerLost(e) || attempt == ATTEMPTS) {
                    throw e;
                }
                Pause.of(POLL);
            }
        }
    }

    private static boolean wasRepeated(CompletionException error) {
        return error.getCause() instanceof SdkException refused
                && refused.numAttempts() != null
                && refused.numAttempts() > 1;
    }

    private static boolean isSeen(BooleanSupplier isDone) {
        try {
            return isDone.getAsBoolean();
        } catch (CompletionException unknown) {
            // The error of the change says more.
            return false;
        }
    }

    /** Does what comes after {@code done}, so that its failure does not hide what was done. */
    private static void after(String done, Runnable rest) {
        try {
            rest.run();
        } catch (RuntimeException e) {
            throw CommandFailure.after(done, e);
        }
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
        throw CommandFailure.failed("it is not ACTIVE after two minutes");
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
