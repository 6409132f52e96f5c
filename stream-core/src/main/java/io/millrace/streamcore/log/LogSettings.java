package io.millrace.streamcore.log;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How the disk engine works.
 *
 * @param fsync when an append counts as durable
 * @param fsyncInterval with {@link FsyncPolicy#INTERVAL}, how long a written batch may wait for its fsync
 * @param segmentBytes a log file that reached this size is followed by a new one; 64 KiB to 1 GiB
 * @param cacheBytes how many bytes of the newest batches of each stream stay in memory
 * @param writers how many threads write, each for its share of the streams
 * @param readers how many reads of older records may wait for the disk at once
 * @param keyFileOrNull the file of the key that encrypts: 32 bytes, raw, in hexadecimal or in base64; absent for {@code
 *     encryption.key} in the data directory, made when it is needed first
 */
public record LogSettings(
        FsyncPolicy fsync,
        Duration fsyncInterval,
        int segmentBytes,
        long cacheBytes,
        int writers,
        int readers,
        @Nullable Path keyFileOrNull) {
    /** Fsync always, 256 MiB segments, 64 MiB of cache a stream, two writers and eight readers. */
    public static final LogSettings DEFAULTS =
            new LogSettings(FsyncPolicy.ALWAYS, Duration.ofMillis(100), 256 << 20, 64L << 20, 2, 8, null);

    /** Checks the ranges. */
    public LogSettings {
        requireNonNull(fsync, "fsync");
        requireNonNull(fsyncInterval, "fsyncInterval");
        if (fsyncInterval.isNegative() || fsyncInterval.isZero()) {
            throw new IllegalArgumentException("the fsync interval must be positive: " + fsyncInterval);
        }
        if (segmentBytes < 64 << 10 || segmentBytes > 1 << 30) {
            throw new IllegalArgumentException("a segment has 64 KiB to 1 GiB, not " + segmentBytes + " bytes");
        }
        if (cacheBytes < 0 || writers < 1 || readers < 1) {
            throw new IllegalArgumentException("not a cache size or thread count: cache " + cacheBytes + ", writers "
                    + writers + ", readers " + readers);
        }
    }

    /** The same with this policy. */
    public LogSettings withFsync(FsyncPolicy policy) {
        return new LogSettings(policy, fsyncInterval, segmentBytes, cacheBytes, writers, readers, keyFileOrNull);
    }

    /** The same with segments of this size. */
    public LogSettings withSegmentBytes(int bytes) {
        return new LogSettings(fsync, fsyncInterval, bytes, cacheBytes, writers, readers, keyFileOrNull);
    }

    /** The same with a cache of this size. */
    public LogSettings withCacheBytes(long bytes) {
        return new LogSettings(fsync, fsyncInterval, segmentBytes, bytes, writers, readers, keyFileOrNull);
    }

    /** The same with the key in this file. */
    public LogSettings withKeyFile(Path file) {
        return new LogSettings(fsync, fsyncInterval, segmentBytes, cacheBytes, writers, readers, file);
    }
}
