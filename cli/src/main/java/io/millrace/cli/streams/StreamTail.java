package io.millrace.cli.streams;

import static java.util.Objects.requireNonNull;

import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.Refusal;
import io.millrace.cli.terminal.TimeLimits;
import io.millrace.fanout.kinesis.KinesisShapes;
import io.millrace.model.HashKeyRange;
import io.millrace.model.Position;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamArn;
import io.millrace.model.StreamRecord;
import io.millrace.model.aggregate.Aggregates;
import io.millrace.runtime.Backoff;
import io.millrace.runtime.EventLoop;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkResponse;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ChildShard;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorResponse;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/**
 * Reads all shards of a stream at once by polling, a child after its parents. Everything here happens on the event loop,
 * the sink included: while the sink blocks nothing more is read.
 */
public final class StreamTail {
    private static final Duration AT_THE_TIP = Duration.ofMillis(300);
    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(500), Duration.ofSeconds(5));
    private static final int FAILURES_UNTOLD = 2;

    private final KinesisAsyncClient kinesis;
    private final EventLoop loop;
    private final String stream;
    private final @Nullable String arn;
    private final Aggregates aggregates;
    private final Patience patience;
    private final RandomGenerator random;
    private final BiConsumer<ShardId, List<StreamRecord>> sink;
    private final ShardOrder order = new ShardOrder();
    private final Map<String, HashKeyRange> hashKeys = new HashMap<>();
    /** The shards whose reads fail, as far as that was told. */
    private final Set<String> troubled = new HashSet<>();

    private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();

    /** Hands the records of {@code subject} to {@code sink}, on {@code loop}. */
    public StreamTail(
            KinesisAsyncClient kinesis,
            EventLoop loop,
            RandomGenerator random,
            Subject subject,
            Patience patience,
            BiConsumer<ShardId, List<StreamRecord>> sink) {
        this.kinesis = kinesis;
        this.loop = loop;
        this.random = random;
        this.stream = subject.stream;
        // An iterator of another account's stream is good together with its ARN alone.
        this.arn = StreamArn.isMeant(subject.stream) ? subject.stream : null;
        this.aggregates = subject.aggregates;
        this.patience = patience;
        this.sink = sink;
    }

    /**
     * The things to read.
     *
     * @param stream a name or an ARN
     * @param aggregates what becomes of the aggregates of the Kinesis Producer Library
     */
    public record Subject(String stream, Aggregates aggregates) {}

    /** Begins with these shards. */
    public void start(List<Shard> shards, Position.Initial from) {
        loop.execute(() -> {
            for (Shard shard : shards) {
                if (StreamAdmin.isOpen(shard) || !(from instanceof Position.Latest)) {
                    List<String> parents = Stream.of(shard.parentShardId(), shard.adjacentParentShardId())
                            .filter(parent -> parent != null)
                            .toList();
                    add(shard.shardId(), parents, shard.hashKeyRange());
                }
            }
            beginWhatCan(from);
        });
    }

    /** Completes when every shard has ended and none follows, or fails with whatever stops the tail. */
    public CompletableFuture<@Nullable Void> ended() {
        return ended;
    }

    private void add(
            String shard, List<String> parents, software.amazon.awssdk.services.kinesis.model.HashKeyRange keys) {
        hashKeys.put(shard, KinesisShapes.range(keys));
        order.add(shard, parents);
    }

    private void beginWhatCan(Position.Initial from) {
        order.begin().forEach(shard -> seek(new Cursor(shard, from)));
        if (order.isOver()) {
            ended.complete(null);
        }
    }

    private void seek(Cursor cursor) {
        GetShardIteratorRequest request = cursor.request(stream);
        loop.whenComplete(kinesis.getShardIterator(request), (answer, error) -> onIterator(cursor, answer, error));
    }

    private void onIterator(Cursor cursor, @Nullable GetShardIteratorResponse answer, @Nullable Throwable error) {
        if (answer != null) {
            worked(cursor);
            cursor.standsAt(answer.shardIterator(), answer);
            read(cursor);
        } else if (error != null) {
            onError(cursor, error);
        }
    }

    private void read(Cursor cursor) {
        loop.whenComplete(
                kinesis.getRecords(request -> request.shardIterator(cursor.iterator)
                        .streamARN(arn)
                        .overrideConfiguration(TimeLimits.MANY_RECORDS)),
                (answer, error) -> onRecords(cursor, answer, error));
    }

    private void onRecords(Cursor cursor, @Nullable GetRecordsResponse answer, @Nullable Throwable error) {
        if (answer == null) {
            if (error != null) {
                onError(cursor, error);
            }
            return;
        }
        worked(cursor);
        if (!answer.records().isEmpty()) {
            List<StreamRecord> stored =
                    answer.records().stream().map(KinesisShapes::record).toList();
            List<StreamRecord> records = aggregates.in(stored, requireNonNull(hashKeys.get(cursor.shard)));
            try {
                sink.accept(new ShardId(cursor.shard), records);
            } catch (RuntimeException e) {
                ended.completeExceptionally(e);
                return;
            }
            cursor.last = stored.get(stored.size() - 1).sequenceNumber();
        }
        String next = answer.nextShardIterator();
        if (next == null) {
            finish(cursor, answer.childShards());
        } else {
            boolean behind = answer.millisBehindLatest() != null && answer.millisBehindLatest() > 0;
            if (!behind) {
                cursor.standsAt(next, answer);
            } else {
                cursor.iterator = next;
            }
            loop.schedule(behind && !answer.records().isEmpty() ? Duration.ZERO : AT_THE_TIP, () -> read(cursor));
        }
    }

    private void finish(Cursor cursor, List<ChildShard> children) {
        order.finish(cursor.shard);
        children.forEach(child -> add(child.shardId(), child.parentShards(), child.hashKeyRange()));
        // Who began at the latest record wants all that a child has; a time holds for the child as well.
        beginWhatCan(cursor.from instanceof Position.Latest ? Position.trimHorizon() : cursor.from);
    }

    private void worked(Cursor cursor) {
        cursor.failures = 0;
        if (troubled.remove(cursor.shard) && troubled.isEmpty()) {
            patience.notes().accept("the service answers again; going on where it was");
        }
    }

    private void onError(Cursor cursor, Throwable error) {
        // A server that was started again does not know the iterators of before.
        boolean isIteratorLost = cursor.iterator != null
                && (error instanceof ExpiredIteratorException || error instanceof InvalidArgumentException);
        if (isIteratorLost) {
            cursor.iterator = null;
            seek(cursor);
        } else if (!Refusal.mayPass(error)) {
            ended.completeExceptionally(error);
        } else {
            persist(cursor, error);
        }
    }

    private void persist(Cursor cursor, Throwable error) {
        if (cursor.failures == 0) {
            cursor.failsSince = patience.ticker().nanoTime();
        } else if (patience.isOver(cursor.failsSince)) {
            String place =
                    cursor.last == null ? "no record of it was printed" : "the last one printed is " + cursor.last;
            ended.completeExceptionally(CommandFailure.failed(
                    patience.gaveUp(error) + "; reading stopped in " + cursor.shard + ", " + place, error));
            return;
        }
        cursor.failures++;
        if (cursor.failures == FAILURES_UNTOLD && troubled.add(cursor.shard) && troubled.size() == 1) {
            patience.tellThatItWaits(error);
        }
        loop.schedule(BACKOFF.delay(cursor.failures, random), () -> {
            if (cursor.iterator == null) {
                seek(cursor);
            } else {
                read(cursor);
            }
        });
    }

    /** Where reading stands in one shard. Belongs to the loop. */
    private static final class Cursor {
        private final String shard;
        private final Position.Initial from;
        private @Nullable String iterator;
        private @Nullable SequenceNumber last;
        private @Nullable Instant atTheTip;
        private int failures;
        private long failsSince;

        Cursor(String shard, Position.Initial from) {
            this.shard = shard;
            this.from = from;
        }

        /**
         * The iterator is at the tip, or where it was asked for; when that was by the clock of the service, a tail that began
         * at the latest record must know, which has no sequence number to go on from before it has read one.
         */
        void standsAt(String place, SdkResponse answer) {
            iterator = place;
            if (from instanceof Position.Latest && last == null) {
                atTheTip = Optional.ofNullable(answer.sdkHttpResponse())
                        .flatMap(http -> http.firstMatchingHeader("Date"))
                        .flatMap(Cursor::parse)
                        .orElse(atTheTip);
            }
        }

        private static Optional<Instant> parse(String date) {
            try {
                return Optional.of(DateTimeFormatter.RFC_1123_DATE_TIME.parse(date, Instant::from));
            } catch (DateTimeException unreadable) {
                return Optional.empty();
            }
        }

        GetShardIteratorRequest request(String stream) {
            GetShardIteratorRequest.Builder request = GetShardIteratorRequest.builder()
                    .streamName(stream)
                    .shardId(shard)
                    .overrideConfiguration(TimeLimits.MANY_RECORDS);
            if (last != null) {
                request.shardIteratorType(ShardIteratorType.AFTER_SEQUENCE_NUMBER)
                        .startingSequenceNumber(last.toString());
            } else if (atTheTip != null) {
                request.shardIteratorType(ShardIteratorType.AT_TIMESTAMP).timestamp(atTheTip);
            } else if (from instanceof Position.AtTimestamp at) {
                request.shardIteratorType(ShardIteratorType.AT_TIMESTAMP).timestamp(at.time());
            } else {
                request.shardIteratorType(
                        from instanceof Position.Latest ? ShardIteratorType.LATEST : ShardIteratorType.TRIM_HORIZON);
            }
            return request.build();
        }
    }
}
