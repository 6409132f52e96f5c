package io.millrace.consumer.shard;

import static java.util.Objects.requireNonNull;

import io.millrace.consumer.watch.ErrorTrace;
import io.millrace.consumer.watch.FailureLog;
import io.millrace.consumer.watch.FailureReports;
import io.millrace.fanout.RecordSource;
import io.millrace.fanout.RecordSourceListener;
import io.millrace.fanout.ShardReadException;
import io.millrace.fanout.SourceBatch;
import io.millrace.fanout.SourceTrouble;
import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.StreamNotFoundException;
import io.millrace.model.Checkpoint;
import io.millrace.model.ChildShard;
import io.millrace.model.Position;
import io.millrace.model.SequenceNumber;
import io.millrace.model.Shard;
import io.millrace.model.StreamRecord;
import io.millrace.runtime.EventLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The reading side of one shard's consumer: asks its source for batches, and says in plain words what keeps them from
 * coming or what will never come. Retention takes records, and at last the shard; both are told once, and reading goes on
 * at what is kept, or ends.
 *
 * <p>Belongs to the worker's event loop.
 */
final class ShardReading implements RecordSourceListener {
    private static final Logger log = LoggerFactory.getLogger(ShardReading.class);

    /** What differs in messages that say the same: numbers and ids. */
    private static final Pattern VARYING = Pattern.compile("[0-9A-Fa-f-]{8,}|[0-9]+");

    private final HeldLease lease;
    private final LeaseKey shard;
    private final ConsumerParts parts;
    private final EventLoop loop;
    private final FailureLog failures;
    private final ShardStatus status;
    private final Taker taker;
    private @Nullable RecordSource source;
    /** The last answer brought records, so the next one probably does too, and soon. */
    private boolean flowing;

    private boolean closed;
    /** Records are with the filter. */
    private boolean isFiltering;
    /** In how many batches the filter has failed. */
    private int filterFailures;

    private boolean askingDirectory;
    /** The shard turned out to be over without the service having said so. */
    private boolean vanished;
    /** The shard follows others that the application has read, and nobody has read its beginning yet. */
    private boolean beginningIsUnread;

    ShardReading(HeldLease lease, ConsumerParts parts, FailureLog failures, ShardStatus status, Taker taker) {
        this.lease = lease;
        this.shard = lease.key();
        this.parts = parts;
        this.loop = parts.loop();
        this.failures = failures;
        this.status = status;
        this.taker = taker;
    }

    /** Takes what was asked for. Each request has one answer. */
    interface Taker {
        /** The next records, and those of them that processors shall get. */
        void batch(SourceBatch batch, List<StreamRecord> wanted);

        /** A read found nothing; all that arrived before {@code readUpTo} was given out, where that is known. */
        void nothingFound(long millisBehindLatest, @Nullable Instant readUpTo);

        /** Nothing comes before records that are here are done with. */
        void allIsOut();

        /** The shard has no more; {@code children} follow, none if the service named none. */
        void readOut(List<ChildShard> children);
    }

    /** Begins to read ahead after {@code checkpoint}. */
    void open(Checkpoint checkpoint) {
        beginningIsUnread =
                checkpoint instanceof Checkpoint.NotStarted && !lease.parents().isEmpty();
        checkpoint.resumeAt().ifPresent(this::openAt);
    }

    /** Goes back to {@code checkpoint}, whatever has been asked for before. */
    void reopen(Checkpoint checkpoint) {
        close();
        source = null;
        closed = false;
        flowing = false;
        vanished = false;
        isFiltering = false;
        checkpoint.resumeAt().ifPresent(this::openAt);
    }

    /** The records of {@code batch} are done with. */
    void release(SourceBatch batch) {
        if (source != null) {
            source.release(batch);
        }
    }

    private void openAt(Position from) {
        source = parts.sources().open(shard.stream(), shard.shard(), lease.hashKeyRange(), from, this);
    }

    /** Asks for a batch; never answered from within this method, unless the shard was at its end before. */
    void request() {
        if (source == null) {
            taker.readOut(List.of());
        } else {
            source.request();
        }
    }

    /** True while the shard brings records: what is asked for comes within the time between two reads. */
    boolean isFlowing() {
        return flowing;
    }

    /** Reads no more, and answers no more. */
    void close() {
        closed = true;
        if (source != null) {
            source.close();
        }
    }

    /** Looks up what follows the shard where the service did not name it; some servers do not. */
    void children(List<ChildShard> named, Consumer<List<ChildShard>> then) {
        if (named.isEmpty()) {
            // Without them the next owner would wait for the leader to look.
            loop.whenComplete(
                    parts.directory().listShards(shard.stream()),
                    (shards, error) -> then.accept(shards == null ? named : childrenIn(shards)));
        } else {
            then.accept(named);
        }
    }

    @Override
    public void batch(SourceBatch batch) {
        flowing = true;
        works();
        checkBeginning(batch.records().get(0).arrival(), true);
        Predicate<StreamRecord> filter = parts.delivery().filterOrNull();
        if (filter == null) {
            taker.batch(batch, batch.records());
            return;
        }
        RecordSource asked = source;
        isFiltering = true;
        Callable<CompletableFuture<Filtered>> filtering =
                () -> CompletableFuture.completedFuture(Filtered.of(batch.records(), filter));
        parts.calls().call(filtering, (filtered, error) -> {
            if (filtered != null) {
                tellFailures(filtered, batch.records().size());
            }
            if (!closed && source == asked) {
                isFiltering = false;
                taker.batch(batch, filtered == null ? batch.records() : filtered.wanted());
            }
        });
    }

    /** A filter that fails at every record would fill the log. */
    private void tellFailures(Filtered filtered, int records) {
        Throwable last = filtered.lastOrNull();
        if (last != null && Integer.bitCount(++filterFailures) == 1) {
            log.warn(
                    "{}: the filter threw at {} of {} records, which are not left out, and in {} batches so far: {}",
                    shard,
                    filtered.failures(),
                    records,
                    filterFailures,
                    ErrorTrace.of(last));
        }
    }

    /**
     * Records as the user's filter leaves them.
     *
     * @param wanted the records that it does not leave out: those, too, at which it fails
     * @param failures at how many records it failed
     * @param lastOrNull the last failure; absent if there was none
     */
    private record Filtered(
            List<StreamRecord> wanted,
            int failures,
            @Nullable Throwable lastOrNull) {
        static Filtered of(List<StreamRecord> records, Predicate<StreamRecord> filter) {
            List<StreamRecord> wanted = new ArrayList<>(records.size());
            int failures = 0;
            Throwable last = null;
            for (StreamRecord record : records) {
                boolean isWanted = true;
                try {
                    isWanted = filter.test(record);
                } catch (RuntimeException | StackOverflowError failure) {
                    failures++;
                    last = failure;
                }
                if (isWanted) {
                    wanted.add(record);
                }
            }
            return new Filtered(wanted, failures, last);
        }
    }

    @Override
    public void awaitsRelease() {
        taker.allIsOut();
    }

    @Override
    public void shardEnded(List<ChildShard> children) {
        works();
        checkBeginning(null, true);
        taker.readOut(children);
    }

    @Override
    public void idle(long millisBehindLatest, @Nullable Instant readUpTo) {
        flowing = false;
        works();
        if (millisBehindLatest == 0) {
            checkBeginning(null, false);
        }
        if (!isFiltering) {
            // Records that are with the filter came before, and are not handed on yet.
            taker.nothingFound(millisBehindLatest, readUpTo);
        }
    }

    private void works() {
        if (failures.readingWorks()) {
            status.failuresChanged();
            parts.oversight().reports().over(FailureReports.Topic.READING, shard);
        }
    }

    @Override
    public void trimmed(SequenceNumber lastRead, @Nullable StreamRecord oldestOrNull) {
        Instant from = arrivalOf(lastRead);
        String after = from == null ? "after " + lastRead : "from " + from;
        if (oldestOrNull == null) {
            log.warn(
                    "{}: the last record read has passed retention, and so has whatever else arrived {} until the shard"
                            + " was closed",
                    shard,
                    after);
            parts.owner().recordsExpired(shard, from, null);
        } else {
            Instant until = oldestOrNull.arrival();
            log.warn(
                    "{}: the last record read has passed retention, and so has whatever else arrived {} until {}{};"
                            + " reading goes on there",
                    shard,
                    after,
                    until,
                    from == null ? "" : " (" + spoken(Duration.between(from, until)) + ")");
            parts.owner().recordsExpired(shard, from, until);
        }
    }

    /**
     * A shard is opened when its parents are closed, and the stream lists closed shards for as long as records are kept. So
     * once the parents are listed no more, retention has passed the shard's beginning. That counts where nobody had the
     * lease before; else an owner may have waited at the tip of an empty shard and missed nothing, so it counts only where
     * records are there and none is processed, or where the shard was closed meanwhile.
     *
     * @param until when the first record arrived that is kept; absent if the shard has none
     * @param moved true if something has come to the shard since it was empty: a record, or its end
     */
    private void checkBeginning(@Nullable Instant until, boolean moved) {
        if (beginningIsUnread) {
            beginningIsUnread = false;
            // The service may answer at a closed shard's end as at the tip of an open one, once.
            compareWithList(until, lease.epoch() == 1 || moved ? Counts.ANY : Counts.CLOSED, 1);
        }
    }

    /** Of which shards a passed beginning counts as a loss. */
    private enum Counts {
        ANY,
        CLOSED;

        boolean has(Shard shard) {
            return this == ANY || !shard.isOpen();
        }
    }

    private void compareWithList(@Nullable Instant until, Counts counts, int tries) {
        loop.whenComplete(parts.directory().listShards(shard.stream()), (shards, error) -> {
            if (shards != null) {
                Optional<Shard> self = shards.stream()
                        .filter(other -> other.id().equals(shard.shard()))
                        .findFirst();
                boolean young =
                        shards.stream().anyMatch(other -> lease.parents().contains(other.id()));
                if (self.filter(counts::has).isPresent() && !young) {
                    beginningExpired(arrivalOfFirst(self.get()), until);
                }
            } else if (!closed && !(error instanceof StreamNotFoundException)) {
                Duration wait = parts.retry().delay(tries, parts.platform().random());
                loop.schedule(wait, () -> compareWithList(until, counts, tries + 1));
            }
        });
    }

    private void beginningExpired(@Nullable Instant from, @Nullable Instant until) {
        log.warn(
                "{}: retention has passed the beginning of this shard before it was read, and whatever arrived {}{} is gone",
                shard,
                from == null ? "since it was opened" : "from " + from,
                until == null ? "" : " until " + until);
        parts.owner().recordsExpired(shard, from, until);
    }

    @Override
    public void trouble(SourceTrouble trouble) {
        flowing = false;
        if (FailureLog.isWorthTelling(trouble)) {
            failures.readingFailed(trouble, parts.platform().clock().instant());
            status.readingFails();
            if (trouble.kind() != ShardReadException.Kind.GONE) {
                report(trouble);
            }
        }
        if (trouble.kind() == ShardReadException.Kind.GONE && !askingDirectory && !vanished) {
            askingDirectory = true;
            loop.whenComplete(parts.directory().listShards(shard.stream()), (shards, error) -> {
                askingDirectory = false;
                if (shards != null
                        && shards.stream().noneMatch(other -> other.id().equals(shard.shard()))) {
                    vanished(childrenIn(shards));
                } else if (!closed && !(error instanceof StreamNotFoundException)) {
                    // A stream that is gone is the worker's to tell.
                    report(trouble);
                }
            });
        }
    }

    /** Records come all the same, so the shard does not count as failing. */
    @Override
    public void pipeFails(SourceTrouble trouble) {
        report(FailureReports.Topic.PIPE, trouble, " has no pipe (", "; it is polled until there is one: ");
    }

    @Override
    public void pipeWorks() {
        parts.oversight().reports().over(FailureReports.Topic.PIPE, shard);
    }

    private void report(SourceTrouble trouble) {
        report(FailureReports.Topic.READING, trouble, " cannot be read (", "; it is tried again: ");
    }

    private void report(FailureReports.Topic topic, SourceTrouble trouble, String what, String then) {
        String same = VARYING.matcher(trouble.message()).replaceAll("*");
        parts.oversight()
                .reports()
                .failed(topic, shard, shard.stream() + what + trouble.kind() + "): " + same, then + trouble.message());
    }

    /**
     * The stream is there and does not list the shard: retention has taken it, with whatever was not read. What was read is
     * processed all the same.
     */
    private void vanished(List<ChildShard> children) {
        if (closed) {
            return;
        }
        vanished = true;
        works();
        Instant from = requireNonNull(source)
                .end(children)
                .map(ShardReading::arrivalOf)
                .orElse(null);
        log.warn(
                "{}: the stream no longer has this shard; what was not read of it{} has passed retention and is gone",
                shard,
                from == null ? "" : ", whatever arrived after " + from + ",");
        parts.owner().recordsExpired(shard, from, null);
    }

    private List<ChildShard> childrenIn(List<Shard> shards) {
        return shards.stream()
                .filter(other -> other.parents().contains(shard.shard()))
                .map(Shard::asChild)
                .toList();
    }

    private static String spoken(Duration time) {
        return time.toHours() + " h " + time.toMinutesPart() + " min";
    }

    /** When the shard's records begin; numbers of the service's form say it. */
    private static @Nullable Instant arrivalOfFirst(Shard shard) {
        try {
            return Instant.ofEpochSecond(
                    shard.sequenceNumbers().starting().parts().createdSeconds());
        } catch (IllegalArgumentException anotherForm) {
            return null;
        }
    }

    /** Numbers of the service's form say it; of others nobody knows. */
    private static @Nullable Instant arrivalOf(SequenceNumber number) {
        try {
            return Instant.ofEpochSecond(number.parts().recordSeconds());
        } catch (IllegalArgumentException anotherForm) {
            return null;
        }
    }
}
