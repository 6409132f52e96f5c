package io.millrace.consumer;

import static java.util.Objects.requireNonNull;

import io.millrace.fanout.RecordSource;
import io.millrace.fanout.RecordSourceListener;
import io.millrace.fanout.ShardReadException;
import io.millrace.fanout.SourceBatch;
import io.millrace.fanout.SourceTrouble;
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
import java.util.List;
import java.util.function.Consumer;
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

    private final LeaseKey shard;
    private final ConsumerParts parts;
    private final EventLoop loop;
    private final FailureLog failures;
    private final ShardStatus status;
    private final Taker taker;
    private @Nullable RecordSource source;
    private boolean asked;
    /** The last answer brought records, so the next one probably does too, and soon. */
    private boolean flowing;

    private boolean closed;
    private boolean askingDirectory;
    /** Set when the shard turned out to be over without the source having said so. */
    private @Nullable List<ChildShard> vanishedWith;

    ShardReading(LeaseKey shard, ConsumerParts parts, FailureLog failures, ShardStatus status, Taker taker) {
        this.shard = shard;
        this.parts = parts;
        this.loop = parts.loop();
        this.failures = failures;
        this.status = status;
        this.taker = taker;
    }

    /** Takes what was asked for. Each request has one answer. */
    interface Taker {
        /** The next records. */
        void batch(SourceBatch batch);

        /** The shard has no more; {@code children} follow, none if the service named none. */
        void readOut(List<ChildShard> children);
    }

    /** Begins to read ahead after {@code checkpoint}. */
    void open(Checkpoint checkpoint) {
        checkpoint.resumeAt().ifPresentOrElse(this::openAt, () -> vanishedWith = List.of());
    }

    private void openAt(Position from) {
        source = parts.sources().open(shard.stream(), shard.shard(), from, this);
    }

    /** Asks for a batch; never answered from within this method, unless the shard is known to be over. */
    void request() {
        List<ChildShard> children = vanishedWith;
        if (children != null) {
            taker.readOut(children);
        } else {
            asked = true;
            requireNonNull(source).request();
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
        asked = false;
        flowing = true;
        failures.readingWorks();
        taker.batch(batch);
    }

    @Override
    public void shardEnded(List<ChildShard> children) {
        asked = false;
        failures.readingWorks();
        taker.readOut(children);
    }

    @Override
    public void idle(long millisBehindLatest) {
        flowing = false;
        failures.readingWorks();
        status.behind(millisBehindLatest);
    }

    @Override
    public void trimmed(SequenceNumber lastRead, StreamRecord oldest) {
        Instant from = arrivalOf(lastRead);
        log.warn(
                "{}: the last record read has passed retention, and so has whatever else arrived {} until {}{};"
                        + " reading goes on there",
                shard,
                from == null ? "after " + lastRead : "from " + from,
                oldest.arrival(),
                from == null ? "" : " (" + spoken(Duration.between(from, oldest.arrival())) + ")");
        parts.owner().recordsExpired(shard, from, oldest.arrival());
    }

    @Override
    public void trouble(SourceTrouble trouble) {
        flowing = false;
        if (FailureLog.isWorthTelling(trouble)) {
            failures.readingFailed(trouble, parts.platform().clock().instant());
            status.failuresChanged();
            if (trouble.kind() != ShardReadException.Kind.GONE) {
                warn(trouble);
            }
        }
        if (trouble.kind() == ShardReadException.Kind.GONE && !askingDirectory && vanishedWith == null) {
            askingDirectory = true;
            loop.whenComplete(parts.directory().listShards(shard.stream()), (shards, error) -> {
                askingDirectory = false;
                if (shards != null
                        && shards.stream().noneMatch(other -> other.id().equals(shard.shard()))) {
                    vanished(childrenIn(shards));
                } else if (!(error instanceof StreamNotFoundException)) {
                    // A stream that is gone is the worker's to tell.
                    warn(trouble);
                }
            });
        }
    }

    private void warn(SourceTrouble trouble) {
        if (Integer.bitCount(trouble.failures()) == 1) {
            log.warn(
                    "{}: reading failed {} times in a row, it is tried again ({}): {}",
                    shard,
                    trouble.failures(),
                    trouble.kind(),
                    trouble.message());
        }
    }

    /** The stream is there and does not list the shard: retention has taken it, with whatever was not read. */
    private void vanished(List<ChildShard> children) {
        if (closed) {
            return;
        }
        log.warn(
                "{}: the stream no longer has this shard; what was not read of it has passed retention and is gone",
                shard);
        parts.owner().recordsExpired(shard, null, null);
        vanishedWith = children;
        requireNonNull(source).close();
        if (asked) {
            taker.readOut(children);
        }
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

    /** Numbers of the service's form say it; of others nobody knows. */
    private static @Nullable Instant arrivalOf(SequenceNumber number) {
        try {
            return Instant.ofEpochSecond(number.parts().recordSeconds());
        } catch (IllegalArgumentException anotherForm) {
            return null;
        }
    }
}
