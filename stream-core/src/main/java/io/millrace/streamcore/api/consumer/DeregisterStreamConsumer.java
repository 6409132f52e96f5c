package io.millrace.streamcore.api.consumer;

import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.ConsumerState;
import io.millrace.streamcore.stream.Streams;
import java.util.concurrent.CompletionStage;

/** Takes a consumer away. */
final class DeregisterStreamConsumer implements Operation {
    private final Streams streams;
    private final ConsumerAddress consumers;

    DeregisterStreamConsumer(Streams streams, ConsumerAddress consumers) {
        this.streams = streams;
        this.consumers = consumers;
    }

    @Override
    public CompletionStage<Content> run(Values input) {
        ConsumerState consumer = consumers.consumer(input);
        return streams.consumers()
                .deregister(consumer.stream(), consumer.name())
                .thenApply(done -> Content.NOTHING);
    }
}
