package io.millrace.fanout.pipe;

import io.millrace.fanout.kinesis.KinesisStreams;
import io.millrace.model.StreamName;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ConsumerStatus;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;

/**
 * Finds the ARN of a worker's consumer on each stream, and registers it where it is missing. One look-up serves all shards of a
 * stream. A consumer that is not ACTIVE yet is found as well: its pipes are refused until it is, and bridged. Safe for any
 * thread.
 */
final class ConsumerRegistration {
    /** Of a stream, but for on-demand streams of an account with a commitment, which have more (Kinesis quotas). */
    private static final int MOST_CONSUMERS = 20;

    private final KinesisAsyncClient client;
    private final KinesisStreams streams;
    private final FanOutConsumer consumer;
    private final Map<StreamName, CompletableFuture<String>> arns = new ConcurrentHashMap<>();

    ConsumerRegistration(KinesisAsyncClient client, KinesisStreams streams, FanOutConsumer consumer) {
        this.client = client;
        this.streams = streams;
        this.consumer = consumer;
    }

    /** The consumer's ARN; fails with the SDK's exception, or with ours where the stream takes no other consumer. A failure is not kept: the next call asks again. */
    CompletableFuture<String> arn(StreamName stream) {
        if (consumer instanceof FanOutConsumer.Registered registered) {
            return CompletableFuture.completedFuture(registered.arn());
        }
        String name = ((FanOutConsumer.Named) consumer).name();
        CompletableFuture<String> mine = new CompletableFuture<>();
        CompletableFuture<String> before = arns.putIfAbsent(stream, mine);
        if (before != null) {
            return before;
        }
        CompletableFuture<String> unused = find(stream, name).whenComplete((arn, error) -> {
            if (error == null) {
                mine.complete(arn);
            } else {
                arns.remove(stream, mine);
                mine.completeExceptionally(cause(error));
            }
        });
        return mine;
    }

    /** The service does not know the consumer: looks for it anew, and registers it if it is gone. */
    void forget(StreamName stream) {
        arns.remove(stream);
    }

    /**
     * Makes sure of the consumer as far as the service says: finds it, and registers one that is known by name. A service that
     * does not answer refuses nothing.
     *
     * @return fails with {@link FanOutRefusedException} when pipes to {@code stream} can never open
     */
    CompletableFuture<@Nullable Void> prepare(StreamName stream) {
        return consumer instanceof FanOutConsumer.Registered registered
                ? check(stream, registered)
                : arn(stream).handle((arn, error) -> {
                    if (error != null && cause(error) instanceof FanOutRefusedException refused) {
                        throw refused;
                    }
                    if (error != null && KinesisPipes.endOf(error).kind() == PipeEnd.Kind.FORBIDDEN) {
                        throw new FanOutRefusedException(
                                "may not find or register the fan-out consumer of stream " + stream + ": "
                                        + KinesisPipes.said(cause(error))
                                        + "; allow kinesis:DescribeStreamConsumer and kinesis:RegisterStreamConsumer, or"
                                        + " read without fan-out",
                                cause(error));
                    }
                    return null;
                });
    }

    private CompletableFuture<@Nullable Void> check(StreamName stream, FanOutConsumer.Registered registered) {
        return streams.describe(stream)
                .thenApply(found -> {
                    found.filter(it -> !it.arn().equals(registered.stream().toString()))
                            .ifPresent(it -> {
                                throw new FanOutRefusedException("consumer " + registered.arn()
                                        + " is one of another stream; this worker reads " + it.arn());
                            });
                    return found;
                })
                .thenCompose(found -> client.describeStreamConsumer(request -> request.consumerARN(registered.arn())))
                .handle((found, error) -> {
                    Throwable cause = error == null ? null : cause(error);
                    if (cause instanceof FanOutRefusedException refused) {
                        throw refused;
                    }
                    if (cause instanceof ResourceNotFoundException) {
                        throw new FanOutRefusedException(
                                "there is no consumer " + registered.arn()
                                        + "; register it, or give fan-out a name, which is registered by itself",
                                cause);
                    }
                    // Who may subscribe need not be allowed to ask.
                    return null;
                });
    }

    private CompletableFuture<String> find(StreamName stream, String name) {
        return streams.describe(stream)
                .thenApply(found -> found.orElseThrow(() -> ResourceNotFoundException.builder()
                                .message("there is no stream " + stream)
                                .build())
                        .arn())
                .thenCompose(arn -> describe(arn, name).exceptionallyCompose(error -> {
                    return cause(error) instanceof ResourceNotFoundException
                            ? register(arn, name)
                            : CompletableFuture.failedFuture(error);
                }));
    }

    private CompletableFuture<String> describe(String streamArn, String name) {
        return client.describeStreamConsumer(
                        request -> request.streamARN(streamArn).consumerName(name))
                .thenApply(answer -> answer.consumerDescription().consumerARN());
    }

    private CompletableFuture<String> register(String streamArn, String name) {
        return client.registerStreamConsumer(
                        request -> request.streamARN(streamArn).consumerName(name))
                .thenApply(answer -> answer.consumer().consumerARN())
                .exceptionallyCompose(error -> {
                    Throwable cause = cause(error);
                    if (cause instanceof ResourceInUseException) {
                        // Another worker was quicker.
                        return describe(streamArn, name);
                    }
                    return cause instanceof LimitExceededException limit
                            ? tooMany(streamArn, name, limit)
                            : CompletableFuture.failedFuture(cause);
                });
    }

    /**
     * Tells a stream that has all the consumers it may have from too many calls, since the service refuses both alike.
     *
     * @return never succeeds
     */
    private CompletableFuture<String> tooMany(String streamArn, String name, LimitExceededException limit) {
        return client.listStreamConsumers(
                        request -> request.streamARN(streamArn).maxResults(2 * MOST_CONSUMERS))
                .handle((found, error) -> {
                    boolean isFull = error == null
                            && found.consumers().size() >= MOST_CONSUMERS
                            && found.consumers().stream()
                                    .allMatch(consumer -> consumer.consumerStatus() == ConsumerStatus.ACTIVE);
                    if (isFull) {
                        throw new FanOutRefusedException(
                                "stream " + streamArn + " has "
                                        + found.consumers().size() + " consumers and takes no other one, "
                                        + name + ": " + KinesisPipes.said(limit)
                                        + "; deregister one that is not used, give fan-out the name of one that is there,"
                                        + " or read without fan-out",
                                limit);
                    }
                    throw limit;
                });
    }

    static Throwable cause(Throwable error) {
        return error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    }
}
