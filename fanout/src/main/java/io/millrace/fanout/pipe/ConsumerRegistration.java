package io.millrace.fanout.pipe;

import io.millrace.model.StreamName;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;

/**
 * Finds the ARN of a worker's consumer on each stream, and registers it where it is missing. One look-up serves all shards of a
 * stream. A consumer that is not ACTIVE yet is found as well: its pipes are refused until it is, and bridged. Safe for any
 * thread.
 */
final class ConsumerRegistration {
    private final KinesisAsyncClient client;
    private final FanOutConsumer consumer;
    private final Map<StreamName, CompletableFuture<String>> arns = new ConcurrentHashMap<>();

    ConsumerRegistration(KinesisAsyncClient client, FanOutConsumer consumer) {
        this.client = client;
        this.consumer = consumer;
    }

    /** The consumer's ARN; fails with the SDK's exception. A failure is not kept: the next call asks again. */
    CompletableFuture<String> arn(StreamName stream) {
        if (consumer instanceof FanOutConsumer.Registered registered) {
            return CompletableFuture.completedFuture(registered.arn());
        }
        String name = ((FanOutConsumer.Named) consumer).name();
        CompletableFuture<String> known = arns.computeIfAbsent(stream, missing -> find(stream, name));
        if (known.isCompletedExceptionally()) {
            arns.remove(stream, known);
        }
        return known;
    }

    /** The service does not know the consumer: looks for it anew, and registers it if it is gone. */
    void forget(StreamName stream) {
        arns.remove(stream);
    }

    private CompletableFuture<String> find(StreamName stream, String name) {
        CompletableFuture<String> streamArn = stream.arn()
                .map(arn -> CompletableFuture.completedFuture(arn.toString()))
                .orElseGet(() -> client.describeStreamSummary(request -> request.streamName(stream.value()))
                        .thenApply(answer -> answer.streamDescriptionSummary().streamARN()));
        CompletableFuture<String> found =
                streamArn.thenCompose(arn -> describe(arn, name).exceptionallyCompose(error -> {
                    return cause(error) instanceof ResourceNotFoundException
                            ? register(arn, name)
                            : CompletableFuture.failedFuture(error);
                }));
        CompletableFuture<String> unused = found.whenComplete((arn, error) -> {
            if (error != null) {
                arns.remove(stream);
            }
        });
        return found;
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
                // Another worker was quicker.
                .exceptionallyCompose(error -> cause(error) instanceof ResourceInUseException
                        ? describe(streamArn, name)
                        : CompletableFuture.failedFuture(error));
    }

    static Throwable cause(Throwable error) {
        return error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    }
}
