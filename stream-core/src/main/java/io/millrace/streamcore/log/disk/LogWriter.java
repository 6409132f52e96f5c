package io.millrace.streamcore.log.disk;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.EventLoop;
import io.millrace.streamcore.log.FsyncPolicy;
import io.millrace.streamcore.log.LogFailedException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes one log. A group of appends is numbered, written and made durable in one go; only then do readers see it and
 * producers hear of it. After a failure of the disk nothing is taken, because what a failed write or fsync left behind is
 * unknown; from time to time the writer tries to take back what it left, and goes on once that is durable.
 *
 * <p>Belongs to the writer's loop.
 */
final class LogWriter {
    private static final Logger log = LoggerFactory.getLogger(LogWriter.class);
    /** Higher shards' tails are looked up each time. */
    private static final int MOST_KNOWN = 1 << 16;

    private final LogContext context;
    private final Path directory;
    private final ConcurrentMap<Integer, ShardTail> shards;
    private final SegmentChain segments;
    private final BatchCache cache;
    private final Set<ShardTail> touched = new LinkedHashSet<>();
    /** By shard: tails that were looked up, so that a put to hundreds of shards finds them quickly. */
    private @Nullable ShardTail[] known = {};

    private EventLoop.Cancellable fsyncTimer = EventLoop.Cancellable.DONE;
    private boolean fsyncDue;
    private EventLoop.Cancellable repairTimer = EventLoop.Cancellable.DONE;
    private EventLoop.Cancellable lookTimer = EventLoop.Cancellable.DONE;
    private Duration repairDelay = DataDirectory.FIRST_RETRY;
    private long now;
    private volatile @Nullable LogFailedException failure;

    LogWriter(LogContext context, Path directory, ConcurrentMap<Integer, ShardTail> shards, SegmentChain segments) {
        this.context = requireNonNull(context, "context");
        this.directory = requireNonNull(directory, "directory");
        this.shards = requireNonNull(shards, "shards");
        this.segments = requireNonNull(segments, "segments");
        this.cache = new BatchCache(context.settings().cacheBytes());
        this.now = shards.values().stream()
                .mapToLong(ShardTail::lastTimeMillis)
                .max()
                .orElse(0);
    }

    /** To be called once, before anything else. */
    void begin() {
        try {
            segments.mend();
        } catch (IOException e) {
            var unused = poison(e);
        }
        lookLater();
    }

    /** Why nothing is taken now, if so. Safe for any thread. */
    @Nullable
    LogFailedException failure() {
        return failure;
    }

    /** Writes a group, makes it as durable as the policy says, publishes it and tells who waits. */
    void write(List<Pending> group) {
        LogFailedException failed = failure;
        if (failed == null) {
            failed = writeDurably(group);
        }
        if (failed != null) {
            for (Pending pending : group) {
                pending.fail(failed);
            }
            return;
        }
        for (Pending pending : group) {
            pending.publish(this);
        }
        segments.settle();
        repairDelay = DataDirectory.FIRST_RETRY;
        finishFull();
        for (Pending pending : group) {
            pending.complete();
        }
        touched.forEach(ShardTail::tellFollowers);
        touched.clear();
    }

    /** The time stamp of this group, in ms since the epoch; never below an earlier group's. */
    long now() {
        return now;
    }

    ShardTail tail(int shard) {
        ShardTail tail = shard < known.length ? known[shard] : null;
        return tail != null ? tail : find(shard);
    }

    SegmentChain segments() {
        return segments;
    }

    /** The newest batches; readers look there first. */
    BatchCache cache() {
        return cache;
    }

    private ShardTail find(int shard) {
        ShardTail tail = shards.computeIfAbsent(shard, ShardTail::new);
        if (shard < MOST_KNOWN) {
            if (shard >= known.length) {
                known = Arrays.copyOf(known, Math.max(shard + 1, 2 * known.length));
            }
            known[shard] = tail;
        }
        return tail;
    }

    /** Whoever follows the shard is to be told once the group is answered. */
    void touch(ShardTail tail) {
        if (tail.isFollowed()) {
            touched.add(tail);
        }
    }

    /** Deletes what is only older, unless the disk has failed. */
    void truncateBefore(long timeMillis) throws IOException {
        if (failure == null && context.folder().lost() == null) {
            segments.truncateBefore(timeMillis);
        }
    }

    /**
     * Makes everything durable and closes the files.
     *
     * @param lastWord whether to say so in the file
     * @return where the log ends; empty if that is not known, because the disk failed
     */
    Optional<CleanMark.End> close(boolean lastWord) throws IOException {
        stopTimers();
        try {
            if (failure != null || context.folder().lost() != null) {
                return Optional.empty();
            }
            segments.checkInPlace();
            if (lastWord) {
                segments.endInGoodOrder();
            }
            Segment newest = segments.newest();
            return Optional.of(new CleanMark.End(newest.number(), newest.file().size()));
        } finally {
            segments.close();
        }
    }

    /** Closes without a last word: the files are about to be deleted. */
    void abandon() throws IOException {
        stopTimers();
        if (failure != null) {
            context.probe().recovered(name());
        }
        segments.close();
    }

    /** From now on nothing is taken, until a repair succeeds. */
    LogFailedException poison(Exception cause) {
        LogFailedException first = failure;
        if (first == null) {
            String reason = "writing to " + directory + " failed (" + cause.getMessage() + ")";
            first = new LogFailedException(
                    reason
                            + "; nothing more is accepted there until the files are there and the disk is well and has room,"
                            + " which is tried every few seconds",
                    cause);
            failure = first;
            context.probe().failed(name(), reason);
            log.error("{}", first.getMessage());
            repairLater();
        }
        return first;
    }

    private void repairLater() {
        repairTimer = context.loop().schedule(repairDelay, this::repair);
        repairDelay = DataDirectory.retryAfter(repairDelay);
    }

    private void lookLater() {
        lookTimer = context.loop().schedule(DataDirectory.LOOK, () -> {
            look();
            lookLater();
        });
    }

    /** Looks whether the log's files are still where they were, and this server's. */
    private void look() {
        LogFailedException lost = context.folder().lost();
        if (lost != null) {
            var unused = stop(lost);
        } else if (failure == null) {
            try {
                segments.checkInPlace();
            } catch (IOException e) {
                var unused = poison(e);
            }
        }
    }

    /** The data directory is no longer this server's: nothing is taken, and nothing tried, until it ends. */
    private LogFailedException stop(LogFailedException lost) {
        repairTimer.cancel();
        fsyncTimer.cancel();
        if (failure != lost) {
            failure = lost;
            context.probe().failed(name(), "the data folder was taken from this server");
        }
        return lost;
    }

    private void repair() {
        LogFailedException lost = context.folder().lost();
        if (lost != null) {
            var unused = stop(lost);
            return;
        }
        try {
            segments.rollBack();
            failure = null;
            context.probe().recovered(name());
            log.warn("{}: all is well again; what was acknowledged is there, and records are accepted", directory);
        } catch (IOException | RuntimeException e) {
            log.debug("{} cannot be written yet: {}", directory, e.toString());
            repairLater();
        }
    }

    private String name() {
        return String.valueOf(directory.getFileName());
    }

    private @Nullable LogFailedException writeDurably(List<Pending> group) {
        LogFailedException lost = context.folder().lost();
        if (lost != null) {
            return stop(lost);
        }
        now = Math.max(now, context.clock().millis());
        long begun = context.ticker().nanoTime();
        try {
            context.mark().remove();
            for (Pending pending : group) {
                pending.write(this);
            }
            segments.flush();
            FsyncPolicy fsync = context.settings().fsync();
            if (fsync == FsyncPolicy.ALWAYS) {
                segments.force();
            } else if (fsync == FsyncPolicy.INTERVAL) {
                fsyncSoon();
            }
            context.probe().appended(group.size(), context.ticker().nanoTime() - begun);
            return null;
        } catch (IOException | RuntimeException e) {
            return poison(e);
        } catch (OutOfMemoryError e) {
            // It may have come in the midst of a frame, like a failure of the disk.
            return poison(new IOException("out of memory: " + e.getMessage(), e));
        }
    }

    private void fsyncSoon() {
        if (!fsyncDue) {
            fsyncDue = true;
            fsyncTimer = context.loop().schedule(context.settings().fsyncInterval(), this::fsyncNow);
        }
    }

    private void fsyncNow() {
        fsyncDue = false;
        if (failure == null) {
            try {
                segments.force();
            } catch (IOException e) {
                var unused = poison(e);
            }
        }
    }

    private void finishFull() {
        try {
            segments.finishFull();
        } catch (IOException e) {
            var unused = poison(e);
        }
    }

    private void stopTimers() {
        fsyncTimer.cancel();
        repairTimer.cancel();
        lookTimer.cancel();
    }
}
