package io.millrace.streamcore.api.control;

import static java.util.Objects.requireNonNull;

import io.millrace.model.SequenceNumber;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.streamcore.api.call.ApiException;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which shards of a stream a listing is about (Kinesis API, ShardFilter).
 *
 * <p>A shard's birth and end are known to the second only, from its sequence numbers. The two filters by time therefore
 * err to the earlier shard: who reads it finds its end and its children; who was sent to a child at once would miss what
 * the parent took in that second.
 *
 * @param type which rule
 * @param afterOrNull the shard of AFTER_SHARD_ID
 * @param timeOrNull the moment of the filters by time
 */
record ShardFilter(
        Type type, @Nullable ShardId afterOrNull, @Nullable Instant timeOrNull) {
    static final ShardFilter ALL = new ShardFilter(Type.FROM_TRIM_HORIZON, null, null);

    /** The rules; the names are the API's. */
    enum Type {
        AFTER_SHARD_ID,
        AT_TRIM_HORIZON,
        FROM_TRIM_HORIZON,
        AT_LATEST,
        AT_TIMESTAMP,
        FROM_TIMESTAMP
    }

    ShardFilter {
        requireNonNull(type, "type");
        if (type == Type.AFTER_SHARD_ID && afterOrNull == null) {
            throw ApiException.invalidArgument("ShardFilter of type AFTER_SHARD_ID needs a ShardId.");
        }
        boolean isByTime = type == Type.AT_TIMESTAMP || type == Type.FROM_TIMESTAMP;
        if (isByTime && timeOrNull == null) {
            throw ApiException.invalidArgument("ShardFilter of type " + type + " needs a Timestamp.");
        }
    }

    /** The shards of {@code shards} that the rule is about, in their order. */
    List<Shard> apply(List<Shard> shards) {
        return shards.stream().filter(rule(shards)).toList();
    }

    private Predicate<Shard> rule(List<Shard> shards) {
        return switch (type) {
            case AFTER_SHARD_ID -> shard -> shard.id().compareTo(requireNonNull(afterOrNull)) > 0;
            case AT_TRIM_HORIZON -> roots(shards);
            case FROM_TRIM_HORIZON -> shard -> true;
            case AT_LATEST -> Shard::isOpen;
            case AT_TIMESTAMP -> openAt(requireNonNull(timeOrNull), shards);
            case FROM_TIMESTAMP -> shard -> !hasEndedBefore(shard, requireNonNull(timeOrNull));
        };
    }

    /** At the trim horizon those shards are open whose parents are kept no longer. */
    private static Predicate<Shard> roots(List<Shard> shards) {
        Set<ShardId> kept = shards.stream().map(Shard::id).collect(Collectors.toSet());
        return shard -> shard.parents().stream().noneMatch(kept::contains);
    }

    /** The youngest shards born before {@code time}, so that together they take every hash key once. */
    private static Predicate<Shard> openAt(Instant time, List<Shard> shards) {
        Predicate<Shard> isRoot = roots(shards);
        Predicate<Shard> isBorn = isRoot.or(shard -> isBornBefore(shard, time));
        Set<ShardId> followed = new HashSet<>();
        shards.stream().filter(isBorn).forEach(child -> followed.addAll(child.parents()));
        return isBorn.and(shard -> !followed.contains(shard.id()));
    }

    private static boolean isBornBefore(Shard shard, Instant time) {
        return parts(shard.sequenceNumbers().starting())
                .map(parts -> parts.createdSeconds() < time.getEpochSecond())
                .orElse(false);
    }

    private static boolean hasEndedBefore(Shard shard, Instant time) {
        return shard.sequenceNumbers()
                .ending()
                .flatMap(ShardFilter::parts)
                .map(parts -> parts.recordSeconds() < time.getEpochSecond())
                .orElse(false);
    }

    private static Optional<SequenceNumber.Parts> parts(SequenceNumber number) {
        try {
            return Optional.of(number.parts());
        } catch (IllegalArgumentException otherForm) {
            return Optional.empty();
        }
    }
}
