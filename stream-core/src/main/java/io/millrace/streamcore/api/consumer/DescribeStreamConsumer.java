package io.millrace.streamcore.api.consumer;

import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.ConsumerState;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Describes a consumer. */
final class DescribeStreamConsumer implements Operation {
    private final ConsumerAddress consumers;

    DescribeStreamConsumer(ConsumerAddress consumers) {
        this.consumers = consumers;
    }

    @Override
    public CompletionStage<Content> run(Values input) {
        ConsumerState consumer = consumers.consumer(input);
        return CompletableFuture.completedFuture(out -> {
            out.start().start("ConsumerDescription");
            ConsumerAnswers.members(out, consumer);
            out.text("StreamARN", consumer.streamArn()).end().end();
        });
    }
}
