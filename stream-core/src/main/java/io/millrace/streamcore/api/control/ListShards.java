package io.millrace.streamcore.api.control;

import static java.util.Objects.requireNonNull;

import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.ErrorCode;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.PageTokens;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.api.call.StreamAnswers;
import io.millrace.streamcore.api.call.TokenSeal;
import io.millrace.streamcore.api.shape.AnswerWriter;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.StreamState;
import io.millrace.streamcore.stream.Streams;
import io.millrace.streamcore.stream.quota.StreamQuota;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Lists the shards of a stream that a filter selects, a page at a time. */
final class ListShards implements Operation {
    /** The service's default, and the most it ever answers whatever the request asks for. */
    private static final int MOST = 1000;

    private final Streams streams;
    private final StreamAddress address;
    private final PageTokens tokens;
    private final InstantSource clock;

    ListShards(Streams streams, StreamAddress address, PageTokens tokens, InstantSource clock) {
        this.streams = streams;
        this.address = address;
        this.tokens = tokens;
        this.clock = clock;
    }

    @Override
    public CompletionStage<Content> run(Values input) {
        Query query = input.text("NextToken").map(token -> goOn(input, token)).orElseGet(() -> begin(input));
        StreamState state = streams.get(query.stream);
        StreamQuota quota = streams.quotas().of(query.stream);
        if (quota != null && !quota.takesList()) {
            throw new ApiException(
                    ErrorCode.LIMIT_EXCEEDED,
                    "Rate exceeded for stream " + query.stream + " under account "
                            + address.account().id() + ".");
        }
        if (query.createdOrNull != null
                && query.createdOrNull.getEpochSecond() != state.created().getEpochSecond()) {
            throw ApiException.notFound("Stream " + query.stream + " under account "
                    + address.account().id() + " created at " + query.createdOrNull + " not found.");
        }
        if (state.status() == StreamState.Status.CREATING || state.status() == StreamState.Status.DELETING) {
            throw new ApiException(
                    ErrorCode.RESOURCE_IN_USE,
                    "Stream " + query.stream + " under account "
                            + address.account().id() + " not ACTIVE, instead in state " + state.status());
        }
        if (input.text("ExclusiveStartShardId").isPresent() && query.afterOrNull != null) {
            checkListed(state, query.afterOrNull);
        }
        List<Shard> rest = query.filter.apply(state.shardStates(), horizon(state)).stream()
                .filter(shard -> query.afterOrNull == null || shard.id().compareTo(query.afterOrNull) > 0)
                .toList();
        int limit = Math.min(MOST, input.whole("MaxResults").orElse(MOST));
        List<Shard> page = rest.subList(0, Math.min(limit, rest.size()));
        boolean hasMore = page.size() < rest.size();
        return CompletableFuture.completedFuture(out -> write(out, query, state, page, hasMore));
    }

    /** Refuses a shard that was there and has expired; a number that no shard has had yet is a place after all of them. */
    private void checkListed(StreamState state, ShardId shard) {
        List<Shard> listed = ShardFilter.ALL.apply(state.shardStates(), horizon(state));
        boolean isPast = !listed.isEmpty()
                && shard.compareTo(listed.get(listed.size() - 1).id()) < 0;
        if (isPast && listed.stream().noneMatch(other -> other.id().equals(shard))) {
            throw ApiException.notFound("Could not find shard " + shard + " in stream " + state.name()
                    + " under account " + address.account().id() + ".");
        }
    }

    /** The oldest moment whose records are kept. */
    private long horizon(StreamState state) {
        return state.options().horizonMillis(clock.millis());
    }

    private void write(AnswerWriter out, Query query, StreamState state, List<Shard> page, boolean hasMore)
            throws IOException {
        out.start();
        StreamAnswers.shards(out, page);
        if (hasMore) {
            out.text(
                    "NextToken",
                    token(query, state.created(), page.get(page.size() - 1).id()));
        }
        out.end();
    }

    private Query begin(Values input) {
        StreamName stream = address.stream(input);
        ShardFilter filter = input.structure("ShardFilter")
                .map(values -> filter(stream, values))
                .orElse(ShardFilter.ALL);
        return new Query(
                stream,
                input.time("StreamCreationTimestamp").orElse(null),
                filter,
                input.text("ExclusiveStartShardId")
                        .map(text -> address.shard(stream, text))
                        .orElse(null));
    }

    private ShardFilter filter(StreamName stream, Values values) {
        return new ShardFilter(
                ShardFilter.Type.valueOf(values.requiredText("Type")),
                values.text("ShardId").map(text -> address.shard(stream, text)).orElse(null),
                values.time("Timestamp").orElse(null));
    }

    private Query goOn(Values input, String token) {
        PageTokens.refuseBeside(
                input, "StreamName", "StreamARN", "ExclusiveStartShardId", "ShardFilter", "StreamCreationTimestamp");
        List<String> parts = tokens.read(TokenSeal.Purpose.SHARD_PAGE, token);
        ShardFilter filter = new ShardFilter(
                ShardFilter.Type.valueOf(parts.get(3)),
                parts.get(4).isEmpty() ? null : new ShardId(parts.get(4)),
                parts.get(5).isEmpty() ? null : Instant.parse(parts.get(5)));
        return new Query(new StreamName(parts.get(0)), Instant.parse(parts.get(1)), filter, new ShardId(parts.get(2)));
    }

    private String token(Query query, Instant created, ShardId last) {
        ShardFilter filter = query.filter;
        return tokens.write(
                TokenSeal.Purpose.SHARD_PAGE,
                query.stream.value(),
                created.toString(),
                last.value(),
                filter.type().name(),
                filter.afterOrNull() == null ? "" : filter.afterOrNull().value(),
                filter.timeOrNull() == null ? "" : filter.timeOrNull().toString(),
                address.account().id());
    }

    private record Query(
            StreamName stream,
            @Nullable Instant createdOrNull,
            ShardFilter filter,
            @Nullable ShardId afterOrNull) {
        Query {
            requireNonNull(stream, "stream");
        }
    }
}
