package io.millrace.streamcore.api.push;

import static java.util.Objects.requireNonNull;

import io.millrace.model.Position;
import io.millrace.model.ShardId;
import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.DryRun;
import io.millrace.streamcore.api.call.ErrorCode;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.StartingPositions;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.api.consumer.ConsumerAddress;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.ConsumerState;
import io.millrace.streamcore.stream.Streams;
import java.time.InstantSource;
import java.util.concurrent.CompletionStage;

/** Opens a pipe from a shard to a registered consumer. */
final class SubscribeToShard implements Operation {
    private static final String NAME = "SubscribeToShard";

    private final Streams streams;
    private final StreamAddress address;
    private final ConsumerAddress consumers;
    private final StartingPositions positions;
    private final PushLoops subscriptions;

    SubscribeToShard(Streams streams, StreamAddress address, InstantSource clock, PushLoops subscriptions) {
        this.streams = requireNonNull(streams, "streams");
        this.address = requireNonNull(address, "address");
        this.consumers = new ConsumerAddress(streams, address);
        this.positions = new StartingPositions(NAME, address.account(), clock);
        this.subscriptions = requireNonNull(subscriptions, "subscriptions");
    }

    @Override
    public CompletionStage<Push> run(Values input) {
        ConsumerState consumer = consumers.byArn(input.requiredText("ConsumerARN"));
        ShardId shard = address.shard(consumer.stream(), input.requiredText("ShardId"));
        Position position =
                position(consumer, shard, input.structure("StartingPosition").orElseThrow());
        String account = address.account().id();
        if (consumer.status() != ConsumerState.Status.ACTIVE) {
            throw new ApiException(
                    ErrorCode.RESOURCE_IN_USE,
                    "Consumer " + consumer.name() + " with creation timestamp " + consumer.createdSeconds()
                            + " under stream: " + consumer.stream() + " , account " + account
                            + " is not in ACTIVE status.");
        }
        String place = account + ":" + consumer.stream() + ":" + shard + ":" + consumer.name();
        return streams.seek(consumer.stream(), shard, position, NAME)
                .thenCompose(cursor -> {
                    if (DryRun.isAskedFor(input)) {
                        throw DryRun.outcome(streams, consumer.stream(), address.account());
                    }
                    return subscriptions.open(streams, consumer, cursor, place);
                })
                .thenApply(Push::new);
    }

    private Position position(ConsumerState consumer, ShardId shard, Values from) {
        return positions.read(
                consumer.stream(),
                shard,
                from.requiredText("Type"),
                from.text("SequenceNumber"),
                from.time("Timestamp"));
    }
}
