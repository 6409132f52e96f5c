package io.millrace.streamcore.api.push;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.api.call.StreamAnswers;
import io.millrace.streamcore.api.data.RecordsWriter;
import io.millrace.streamcore.api.shape.AnswerWriter;
import io.millrace.streamcore.api.shape.Encoding;
import io.millrace.streamcore.stream.ReadPage;
import io.millrace.streamcore.stream.ShardCursor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What all subscribers at one place get next.
 *
 * @param frame the encoded event, shared
 * @param records how many records are in it
 * @param bytes what those have in data and partition keys
 * @param millisBehindLatest how far its end is behind the shard's tip
 * @param nextOrNull where to go on; absent at the shard's end
 * @param news how much news its feed had seen when its reading began
 */
record PushedEvent(
        ByteBuffer frame,
        int records,
        long bytes,
        long millisBehindLatest,
        @Nullable ShardCursor nextOrNull,
        long news) {
    private static final String JSON = "application/x-amz-json-1.1";
    private static final ByteBuffer INITIAL_RESPONSE = new EventMessage()
            .header(":message-type", "event")
            .header(":event-type", "initial-response")
            .header(":content-type", JSON)
            .payload(out -> {
                out.write('{');
                out.write('}');
            });

    PushedEvent {
        requireNonNull(frame, "frame");
    }

    boolean isEmpty() {
        return records == 0;
    }

    /** Where to go on, empty at the shard's end. */
    Optional<ShardCursor> next() {
        return Optional.ofNullable(nextOrNull);
    }

    /** What every event stream begins with. */
    static ByteBuffer initialResponse() {
        return INITIAL_RESPONSE;
    }

    /** The event of what a read found. */
    static PushedEvent of(ReadPage page, long news) {
        ByteBuffer frame = new EventMessage()
                .header(":message-type", "event")
                .header(":event-type", "SubscribeToShardEvent")
                .header(":content-type", JSON)
                .payload(out -> {
                    try (AnswerWriter writer = new AnswerWriter(Encoding.JSON, out)) {
                        write(writer, page);
                    }
                });
        return new PushedEvent(
                frame, page.stored().size(), page.bytes(), page.millisBehindLatest(), page.nextOrNull(), news);
    }

    /** What ends a stream of events with an error of the API. */
    static ByteBuffer exception(String type, String text) {
        return new EventMessage()
                .header(":message-type", "exception")
                .header(":exception-type", type)
                .header(":content-type", JSON)
                .payload(out -> {
                    try (AnswerWriter writer = new AnswerWriter(Encoding.JSON, out)) {
                        writer.start().text("message", text).end();
                    }
                });
    }

    /** At a shard's end there are children and no number to continue from; clients check for just that. */
    private static void write(AnswerWriter out, ReadPage page) throws IOException {
        out.start();
        Optional<ShardCursor> next = page.next();
        if (next.isPresent()) {
            out.text("ContinuationSequenceNumber", next.get().continuation().toString());
        } else {
            StreamAnswers.childShards(out, page.childShards());
        }
        out.number("MillisBehindLatest", page.millisBehindLatest());
        RecordsWriter.write(out, page.stored());
        out.end();
    }
}
