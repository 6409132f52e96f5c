package io.millrace.streamcore.api.control;

import static java.util.Objects.requireNonNull;

import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.stream.StreamState.ShardState;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which shards of a stream a listing is about (Kinesis API, ShardFilter).
 *
 * <p>A child opens in the very millisecond in which its parents close, and that millisecond's records can be in either.
 * A filter at a moment therefore takes the parent for it: who reads the parent finds its end and its children; who was sent
 * to a child at once would miss what the parent took.
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

    /**
     * The shards of {@code shards} that the rule is about, in their order.
     *
     * @param horizonMillis the oldest moment whose records are kept; earlier moments mean this one
     */
    List<Shard> apply(List<ShardState> shards, long horizonMillis) {
        return shards.stream()
                .filter(rule(shards, horizonMillis))
                .map(ShardState::shard)
                .toList();
    }

    private Predicate<ShardState> rule(List<ShardState> shards, long horizonMillis) {
        return switch (type) {
            case AFTER_SHARD_ID -> state -> state.shard().id().compareTo(requireNonNull(afterOrNull)) > 0;
            case AT_TRIM_HORIZON -> openAt(horizonMillis, shards);
            case FROM_TRIM_HORIZON -> state -> state.closedMillis() >= horizonMillis;
            case AT_LATEST -> state -> state.shard().isOpen();
            case AT_TIMESTAMP -> openAt(Math.max(time(), horizonMillis), shards);
            case FROM_TIMESTAMP -> state -> state.closedMillis() >= Math.max(time(), horizonMillis);
        };
    }

    private long time() {
        return requireNonNull(timeOrNull).toEpochMilli();
    }

    /**
     * The shards that were open at a moment; together they take every hash key once. Before a stream's first moment those
     * of its first are meant, and where parents are listed no more their children stand in for them.
     */
    private static Predicate<ShardState> openAt(long moment, List<ShardState> shards) {
        Set<ShardId> listed = shards.stream().map(state -> state.shard().id()).collect(Collectors.toSet());
        Predicate<ShardState> isRoot = state -> state.shard().parents().stream().noneMatch(listed::contains);
        Predicate<ShardState> isBorn = isRoot.or(state -> state.openedMillis() < moment);
        Set<ShardId> followed = new HashSet<>();
        shards.stream()
                .filter(isBorn)
                .forEach(child -> followed.addAll(child.shard().parents()));
        return isBorn.and(state -> !followed.contains(state.shard().id()));
    }
}
