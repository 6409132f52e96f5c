package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What is set about a stream, beside its shards.
 *
 * @param mode who decides how many shards there are, default the user
 * @param retentionHours how long records are kept, {@value #MIN_RETENTION_HOURS} to {@value #MAX_RETENTION_HOURS}
 * @param maxRecordKib how large a record may be, key included, {@value #MIN_RECORD_KIB} to {@value #MAX_RECORD_KIB} KiB
 * @param keyIdOrNull the key that records are encrypted with, absent when they are not
 * @param shardMetrics the metrics that are told for each shard
 * @param warmMibps what an on-demand stream is kept ready for, in MiB/s, 0 to {@value #MAX_WARM_MIBPS}
 * @param tags by key, at most {@value #MAX_TAGS}
 * @param policyOrNull the resource policy as it was given
 * @param distribution which shard a record goes to, default the one of its key; anything else is for on-demand streams
 */
public record StreamOptions(
        Mode mode,
        int retentionHours,
        int maxRecordKib,
        @Nullable String keyIdOrNull,
        Set<Metric> shardMetrics,
        int warmMibps,
        SortedMap<String, String> tags,
        @Nullable String policyOrNull,
        Distribution distribution) {
    /** The shortest time that records are kept, and the default. */
    public static final int MIN_RETENTION_HOURS = 24;
    /** The longest time that records are kept: 365 days. */
    public static final int MAX_RETENTION_HOURS = 8760;
    /** The least that the largest record can be set to, and the default. */
    public static final int MIN_RECORD_KIB = 1024;
    /** The most that the largest record can be set to. */
    public static final int MAX_RECORD_KIB = 10_240;
    /** The most that an on-demand stream can be kept ready for: 10 GiB/s. */
    public static final int MAX_WARM_MIBPS = 10_240;
    /** How many tags a resource may have. */
    public static final int MAX_TAGS = 50;

    /** A stream that nothing was set about. */
    public static final StreamOptions DEFAULTS = new StreamOptions(
            Mode.PROVISIONED,
            MIN_RETENTION_HOURS,
            MIN_RECORD_KIB,
            null,
            EnumSet.noneOf(Metric.class),
            0,
            Collections.emptySortedMap(),
            null,
            Distribution.USER_PARTITION_KEY);

    /** Who decides how many shards a stream has; the names are the API's. */
    public enum Mode {
        /** The user. */
        PROVISIONED,
        /** The load. */
        ON_DEMAND
    }

    /** What decides which shard a record goes to; the names are the API's. */
    public enum Distribution {
        /** Its partition key or explicit hash key. */
        USER_PARTITION_KEY,
        /** The server, which spreads records evenly and ignores their keys. */
        AUTO
    }

    /** A metric that can be told for each shard. */
    public enum Metric {
        /** Bytes put. */
        INCOMING_BYTES("IncomingBytes"),
        /** Records put. */
        INCOMING_RECORDS("IncomingRecords"),
        /** Bytes read. */
        OUTGOING_BYTES("OutgoingBytes"),
        /** Records read. */
        OUTGOING_RECORDS("OutgoingRecords"),
        /** Puts refused for their rate. */
        WRITE_THROTTLED("WriteProvisionedThroughputExceeded"),
        /** Reads refused for their rate. */
        READ_THROTTLED("ReadProvisionedThroughputExceeded"),
        /** How far readers are behind. */
        ITERATOR_AGE("IteratorAgeMilliseconds");

        private final String apiName;

        Metric(String apiName) {
            this.apiName = apiName;
        }

        /** The name that the API gives it. */
        public String apiName() {
            return apiName;
        }

        /** The metrics that a name of the API means: one, or all of them for {@code ALL}. */
        public static Set<Metric> named(String name) {
            EnumSet<Metric> all = EnumSet.allOf(Metric.class);
            if (!name.equals("ALL")) {
                all.removeIf(metric -> !metric.apiName.equals(name));
            }
            return all;
        }
    }

    /** Checks the bounds and copies what can change. */
    public StreamOptions {
        requireNonNull(mode, "mode");
        requireNonNull(distribution, "distribution");
        if (distribution == Distribution.AUTO && mode != Mode.ON_DEMAND) {
            throw new IllegalArgumentException("the distribution AUTO needs the mode ON_DEMAND");
        }
        checkBetween("the retention in hours", retentionHours, MIN_RETENTION_HOURS, MAX_RETENTION_HOURS);
        checkBetween("the largest record in KiB", maxRecordKib, MIN_RECORD_KIB, MAX_RECORD_KIB);
        checkBetween("the warm throughput in MiB/s", warmMibps, 0, MAX_WARM_MIBPS);
        checkBetween("the number of tags", tags.size(), 0, MAX_TAGS);
        EnumSet<Metric> metrics = EnumSet.noneOf(Metric.class);
        metrics.addAll(shardMetrics);
        shardMetrics = Collections.unmodifiableSet(metrics);
        tags = Collections.unmodifiableSortedMap(new TreeMap<>(tags));
    }

    /** True while records are encrypted as they are stored. */
    public boolean isEncrypted() {
        return keyIdOrNull != null;
    }

    /** The oldest moment whose records are kept, in ms since the epoch like {@code nowMillis}. */
    public long horizonMillis(long nowMillis) {
        return nowMillis - TimeUnit.HOURS.toMillis(retentionHours);
    }

    /** The key that records are encrypted with. */
    public Optional<String> keyId() {
        return Optional.ofNullable(keyIdOrNull);
    }

    /** The resource policy. */
    public Optional<String> policy() {
        return Optional.ofNullable(policyOrNull);
    }

    /** True when the load decides how many shards there are. */
    public boolean isOnDemand() {
        return mode == Mode.ON_DEMAND;
    }

    /** The most bytes that a record may have, its key included. */
    public int maxRecordBytes() {
        return maxRecordKib * 1024;
    }

    /** The same with this mode. */
    public StreamOptions withMode(Mode value) {
        return new StreamOptions(
                value,
                retentionHours,
                maxRecordKib,
                keyIdOrNull,
                shardMetrics,
                warmMibps,
                tags,
                policyOrNull,
                distribution);
    }

    /** The same with this retention. */
    public StreamOptions withRetentionHours(int value) {
        return new StreamOptions(
                mode, value, maxRecordKib, keyIdOrNull, shardMetrics, warmMibps, tags, policyOrNull, distribution);
    }

    /** The same with records of up to this size. */
    public StreamOptions withMaxRecordKib(int value) {
        return new StreamOptions(
                mode, retentionHours, value, keyIdOrNull, shardMetrics, warmMibps, tags, policyOrNull, distribution);
    }

    /** The same with this key, or none. */
    public StreamOptions withKeyId(@Nullable String value) {
        return new StreamOptions(
                mode, retentionHours, maxRecordKib, value, shardMetrics, warmMibps, tags, policyOrNull, distribution);
    }

    /** The same with these metrics. */
    public StreamOptions withShardMetrics(Set<Metric> value) {
        return new StreamOptions(
                mode, retentionHours, maxRecordKib, keyIdOrNull, value, warmMibps, tags, policyOrNull, distribution);
    }

    /** The same, kept ready for this. */
    public StreamOptions withWarmMibps(int value) {
        return new StreamOptions(
                mode, retentionHours, maxRecordKib, keyIdOrNull, shardMetrics, value, tags, policyOrNull, distribution);
    }

    /** The same with these tags. */
    public StreamOptions withTags(Map<String, String> value) {
        return new StreamOptions(
                mode,
                retentionHours,
                maxRecordKib,
                keyIdOrNull,
                shardMetrics,
                warmMibps,
                new TreeMap<>(value),
                policyOrNull,
                distribution);
    }

    /** The same with this policy, or none. */
    public StreamOptions withPolicy(@Nullable String value) {
        return new StreamOptions(
                mode, retentionHours, maxRecordKib, keyIdOrNull, shardMetrics, warmMibps, tags, value, distribution);
    }

    /** The same with records distributed like this. */
    public StreamOptions withDistribution(Distribution value) {
        return new StreamOptions(
                mode, retentionHours, maxRecordKib, keyIdOrNull, shardMetrics, warmMibps, tags, policyOrNull, value);
    }

    private static void checkBetween(String what, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(what + " is from " + min + " to " + max + ", not " + value);
        }
    }
}
