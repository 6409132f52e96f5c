package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.Platform;
import io.millrace.streamcore.log.LogSettings;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How {@link Streams} works.
 *
 * @param directory where everything is kept; made if it is missing
 * @param platform time and threads
 * @param log durability, segments and cache
 * @param region what ARNs and texts say, default us-east-1
 * @param account what ARNs and texts say, default 000000000000
 * @param transitionTime how long a stream stays CREATING, UPDATING and DELETING, default 500 ms; with 0 a call completes
 *     only when the stream has left that state
 * @param shardLimit the most open shards that all streams together may have, default 20,000
 * @param creatingLimit the most streams that may be CREATING at once, default no limit
 * @param setsAsideDamaged whether streams whose files are damaged are moved away and left out; default no: then nothing
 *     is opened
 */
public record StreamsSettings(
        Path directory,
        Platform platform,
        LogSettings log,
        String region,
        String account,
        Duration transitionTime,
        int shardLimit,
        int creatingLimit,
        boolean setsAsideDamaged) {
    /** Checks the parts. */
    public StreamsSettings {
        requireNonNull(directory, "directory");
        requireNonNull(platform, "platform");
        requireNonNull(log, "log");
        requireNonNull(region, "region");
        requireNonNull(account, "account");
        requireNonNull(transitionTime, "transitionTime");
        if (transitionTime.isNegative()) {
            throw new IllegalArgumentException("the transition time is not negative: " + transitionTime);
        }
        if (shardLimit < 1 || creatingLimit < 1) {
            throw new IllegalArgumentException("limits are at least 1: " + shardLimit + ", " + creatingLimit);
        }
    }

    /** The defaults, in this directory. */
    public static StreamsSettings in(Path directory, Platform platform) {
        return new StreamsSettings(
                directory,
                platform,
                LogSettings.DEFAULTS,
                "us-east-1",
                "000000000000",
                Duration.ofMillis(500),
                20_000,
                Integer.MAX_VALUE,
                false);
    }

    /** The same with this durability, segment size and cache. */
    public StreamsSettings withLog(LogSettings settings) {
        return new StreamsSettings(
                directory,
                platform,
                settings,
                region,
                account,
                transitionTime,
                shardLimit,
                creatingLimit,
                setsAsideDamaged);
    }

    /** The same with this transition time. */
    public StreamsSettings withTransitionTime(Duration time) {
        return new StreamsSettings(
                directory, platform, log, region, account, time, shardLimit, creatingLimit, setsAsideDamaged);
    }

    /** The same with ARNs of this region and account. */
    public StreamsSettings withRegionAndAccount(String newRegion, String newAccount) {
        return new StreamsSettings(
                directory,
                platform,
                log,
                newRegion,
                newAccount,
                transitionTime,
                shardLimit,
                creatingLimit,
                setsAsideDamaged);
    }

    /** The same with these limits. */
    public StreamsSettings withLimits(int shards, int creating) {
        return new StreamsSettings(
                directory, platform, log, region, account, transitionTime, shards, creating, setsAsideDamaged);
    }

    /** The same, but damaged streams are moved away and the others opened. */
    public StreamsSettings withSetAsideDamaged() {
        return new StreamsSettings(
                directory, platform, log, region, account, transitionTime, shardLimit, creatingLimit, true);
    }
}
