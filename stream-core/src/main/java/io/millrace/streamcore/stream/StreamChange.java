package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.model.HashKey;
import io.millrace.model.ShardId;
import io.millrace.streamcore.stream.StreamOptions.Distribution;
import io.millrace.streamcore.stream.StreamOptions.Metric;
import io.millrace.streamcore.stream.StreamOptions.Mode;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One change that a user asks for, as a pure rule over the stream's entry in the catalog: it answers the entry as it is
 * afterwards, or refuses. What it leaves UPDATING comes back to ACTIVE by itself. Immutable.
 */
public final class StreamChange {
    private final Rule rule;

    private StreamChange(Rule rule) {
        this.rule = rule;
    }

    /** A split of an open shard in two at {@code newStartingHashKey}. */
    public static StreamChange split(ShardId shard, HashKey newStartingHashKey) {
        return new StreamChange((entry, context) -> {
            Refusals refusals = context.refusals();
            return entry.splitting(shard(entry, shard, context), newStartingHashKey, refusals);
        });
    }

    /** A merge of two adjacent open shards into one. */
    public static StreamChange merge(ShardId shard, ShardId adjacent) {
        return new StreamChange((entry, context) -> {
            Refusals refusals = context.refusals();
            return entry.merging(shard(entry, shard, context), shard(entry, adjacent, context), refusals);
        });
    }

    /** Another number of shards, of equal hash key ranges. */
    public static StreamChange shardCount(int target) {
        return new StreamChange((entry, context) -> entry.scaling(target, context));
    }

    /** Records are kept longer. */
    public static StreamChange longerRetention(int hours) {
        return new StreamChange((entry, context) -> {
            entry.checkActive(context.refusals());
            if (hours < entry.options().retentionHours()) {
                throw context.refusals()
                        .retentionNotIncreased(
                                entry.name(), hours, entry.options().retentionHours());
            }
            return retention(entry, hours, context.refusals());
        });
    }

    /** Records are kept shorter. */
    public static StreamChange shorterRetention(int hours) {
        return new StreamChange((entry, context) -> {
            entry.checkActive(context.refusals());
            if (hours > entry.options().retentionHours()) {
                throw context.refusals()
                        .retentionNotDecreased(
                                entry.name(), hours, entry.options().retentionHours());
            }
            return retention(entry, hours, context.refusals());
        });
    }

    /** Records are encrypted with this key from now on, or with none. */
    public static StreamChange encryption(@Nullable String keyId) {
        return options((options, context) -> options.withKeyId(keyId));
    }

    /** These metrics are told for each shard, too. */
    public static StreamChange moreShardMetrics(Set<Metric> metrics) {
        return options((options, context) -> {
            EnumSet<Metric> more = EnumSet.noneOf(Metric.class);
            more.addAll(options.shardMetrics());
            more.addAll(metrics);
            return options.withShardMetrics(more);
        });
    }

    /** These metrics are told for each shard no more. */
    public static StreamChange fewerShardMetrics(Set<Metric> metrics) {
        return options((options, context) -> {
            EnumSet<Metric> fewer = EnumSet.allOf(Metric.class);
            fewer.removeAll(metrics);
            fewer.retainAll(options.shardMetrics());
            return options.withShardMetrics(fewer);
        });
    }

    /** Records may be as large as this. */
    public static StreamChange maxRecordSize(int kib) {
        return options((options, context) -> options.withMaxRecordKib(kib));
    }

    /** Somebody else decides how many shards there are; an on-demand stream can be kept ready for a throughput. */
    public static StreamChange mode(Mode mode, OptionalInt warmMibps) {
        return new StreamChange((entry, context) -> {
            if (mode == Mode.PROVISIONED && entry.options().distribution() == Distribution.AUTO) {
                throw context.refusals().distributionKeepsOnDemand(entry.name());
            }
            StreamOptions next = entry.options().withMode(mode);
            if (mode == Mode.ON_DEMAND) {
                return warmed(entry, next, warmMibps.orElse(next.warmMibps()), context);
            }
            if (warmMibps.orElse(0) > 0) {
                throw context.refusals().notOnDemand(entry.name());
            }
            return entry.updating(next.withWarmMibps(0), context.refusals());
        });
    }

    /** Records go to shards by another rule from now on; {@code AUTO} is for on-demand streams. */
    public static StreamChange distribution(Distribution distribution) {
        return new StreamChange((entry, context) -> {
            entry.checkActive(context.refusals());
            if (distribution == Distribution.AUTO && !entry.options().isOnDemand()) {
                throw context.refusals().distributionNeedsOnDemand(entry.name());
            }
            return entry.updating(entry.options().withDistribution(distribution), context.refusals());
        });
    }

    /** An on-demand stream is kept ready for this throughput. */
    public static StreamChange warmThroughput(int mibps) {
        return new StreamChange((entry, context) -> {
            if (!entry.options().isOnDemand()) {
                throw context.refusals().notOnDemand(entry.name());
            }
            return warmed(entry, entry.options(), mibps, context);
        });
    }

    /** These tags are set, beside the others. */
    public static StreamChange moreTags(Map<String, String> tags) {
        return new StreamChange((entry, context) -> {
            context.refusals().checkTags(tags);
            TreeMap<String, String> all = new TreeMap<>(entry.options().tags());
            all.putAll(tags);
            if (all.size() > StreamOptions.MAX_TAGS) {
                throw context.refusals().tooManyTags(entry.name());
            }
            return quietly(entry, entry.options().withTags(all), context);
        });
    }

    /** The tags of these keys are gone, as far as there are any. */
    public static StreamChange fewerTags(Collection<String> keys) {
        return new StreamChange((entry, context) -> {
            TreeMap<String, String> rest = new TreeMap<>(entry.options().tags());
            keys.forEach(rest::remove);
            return quietly(entry, entry.options().withTags(rest), context);
        });
    }

    /** This is the resource policy, or there is none. */
    public static StreamChange policy(@Nullable String policy) {
        return new StreamChange(
                (entry, context) -> quietly(entry, entry.options().withPolicy(policy), context));
    }

    /** The entry as it is after the change. */
    StreamEntry decide(StreamEntry entry, Context context) {
        return rule.decide(entry, context);
    }

    private static StreamChange options(OptionRule rule) {
        requireNonNull(rule, "rule");
        return new StreamChange((entry, context) -> {
            entry.checkActive(context.refusals());
            return entry.updating(rule.decide(entry.options(), context), context.refusals());
        });
    }

    private static StreamEntry retention(StreamEntry entry, int hours, Refusals refusals) {
        if (hours < StreamOptions.MIN_RETENTION_HOURS) {
            throw refusals.retentionTooShort(hours);
        }
        if (hours > StreamOptions.MAX_RETENTION_HOURS) {
            throw refusals.retentionTooLong(hours);
        }
        return entry.updating(entry.options().withRetentionHours(hours), refusals);
    }

    /** One shard takes 1 MiB/s, so a stream is ready for so many when it has as many shards. */
    private static StreamEntry warmed(StreamEntry entry, StreamOptions next, int mibps, Context context) {
        entry.checkActive(context.refusals());
        if (mibps > 0 && !context.hasCommitment()) {
            throw context.refusals().noCommitment();
        }
        if (mibps > StreamOptions.MAX_WARM_MIBPS) {
            throw context.refusals().tooWarm(mibps);
        }
        StreamOptions warm = next.withWarmMibps(mibps);
        return mibps > entry.openShards()
                ? entry.with(warm).growing(mibps, context.refusals())
                : entry.updating(warm, context.refusals());
    }

    /** A change that does not show as UPDATING and is possible in every state but the last. */
    private static StreamEntry quietly(StreamEntry entry, StreamOptions next, Context context) {
        if (entry.status() == StreamState.Status.DELETING) {
            throw context.refusals().notActive(entry.name(), entry.status());
        }
        return entry.with(next);
    }

    private static ShardEntry shard(StreamEntry entry, ShardId shard, Context context) {
        Refusals refusals = context.refusals();
        OptionalInt index = ShardNames.index(shard);
        if (index.isEmpty()) {
            throw refusals.shardNotFound(shard.value(), entry.name());
        }
        long horizon = entry.options().horizonMillis(context.nowMillis());
        return entry.shard(index.getAsInt())
                .filter(found -> !found.isExpired(horizon))
                .orElseThrow(() ->
                        refusals.shardNotFound(ShardId.of(index.getAsInt()).value(), entry.name()));
    }

    /**
     * What a rule knows beside the entry that it changes.
     *
     * @param refusals what to say when it refuses
     * @param nowMillis the moment of the change
     * @param hasCommitment whether the account's billing commitment holds
     */
    record Context(Refusals refusals, long nowMillis, boolean hasCommitment) {
        Context {
            requireNonNull(refusals, "refusals");
        }
    }

    @FunctionalInterface
    private interface Rule {
        StreamEntry decide(StreamEntry entry, Context context);
    }

    @FunctionalInterface
    private interface OptionRule {
        StreamOptions decide(StreamOptions options, Context context);
    }
}
