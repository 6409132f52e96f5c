package io.millrace.streamcore.api.consumer;

import io.millrace.model.StreamName;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.api.call.Tags;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.Streams;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** Registers a consumer with a stream. */
final class RegisterStreamConsumer implements Operation {
    private final Streams streams;
    private final StreamAddress address;

    RegisterStreamConsumer(Streams streams, StreamAddress address) {
        this.streams = streams;
        this.address = address;
    }

    @Override
    public CompletionStage<Content> run(Values input) {
        StreamName stream = address.streamByArn(input);
        Map<String, String> tags = input.map("Tags");
        Tags.check(tags);
        ConsumerTags.checkCount(input.requiredText("ConsumerName"), tags);
        return streams.consumers()
                .register(stream, input.requiredText("ConsumerName"), tags)
                .thenApply(consumer -> out -> {
                    out.start().start("Consumer");
                    ConsumerAnswers.members(out, consumer);
                    out.end().end();
                });
    }
}
