package io.millrace.streamcore.api.control;

import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.Streams;
import java.util.concurrent.CompletionStage;

/** Deletes a stream with its records; with its registered consumers only if that is asked for. */
final class DeleteStream implements Operation {
    private final Streams streams;
    private final StreamAddress address;

    DeleteStream(Streams streams, StreamAddress address) {
        this.streams = streams;
        this.address = address;
    }

    @Override
    public CompletionStage<Content> run(Values input) {
        return streams.delete(address.stream(input), input.flag("EnforceConsumerDeletion"))
                .thenApply(done -> Content.NOTHING);
    }
}
