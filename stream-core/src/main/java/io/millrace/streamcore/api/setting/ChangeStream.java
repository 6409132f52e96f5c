package io.millrace.streamcore.api.setting;

import io.millrace.model.StreamName;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.shape.AnswerWriter;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.StreamChange;
import io.millrace.streamcore.stream.Streams;
import java.io.IOException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** An operation that changes one thing about a stream. */
final class ChangeStream implements Operation {
    private final Streams streams;
    private final Function<Values, StreamName> stream;
    private final Function<Values, StreamChange> change;
    private final @Nullable Answer answerOrNull;

    /** What an operation says about the change it made. */
    @FunctionalInterface
    interface Answer {
        void write(AnswerWriter out, Streams.Changed changed) throws IOException;
    }

    /**
     * An operation.
     *
     * @param stream finds the stream in the input
     * @param change finds the change in the input, or refuses
     * @param answerOrNull writes the answer's members; absent if there are none
     */
    ChangeStream(
            Streams streams,
            Function<Values, StreamName> stream,
            Function<Values, StreamChange> change,
            @Nullable Answer answerOrNull) {
        this.streams = streams;
        this.stream = stream;
        this.change = change;
        this.answerOrNull = answerOrNull;
    }

    @Override
    public CompletionStage<Content> run(Values input) {
        StreamName name = stream.apply(input);
        return streams.change(name, change.apply(input)).thenApply(this::content);
    }

    private Content content(Streams.Changed changed) {
        Answer answer = answerOrNull;
        if (answer == null) {
            return Content.NOTHING;
        }
        return out -> {
            out.start()
                    .text("StreamName", changed.after().name().value())
                    .text("StreamARN", changed.after().arn());
            answer.write(out, changed);
            out.end();
        };
    }
}
