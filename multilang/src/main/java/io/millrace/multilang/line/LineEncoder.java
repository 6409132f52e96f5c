package io.millrace.multilang.line;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import java.io.IOException;
import java.io.OutputStream;

/**
 * Writes messages to a child, each as one line: compact JSON, all keys in the order in which Amazon's daemon writes them, and
 * everything beyond ASCII as escapes, so that a line is read rightly in every locale. A line goes to the stream in pieces of some
 * ten kilobytes at most, however long it is. Belongs to one thread at a time.
 */
public final class LineEncoder {
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
            .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
            .disable(StreamWriteFeature.FLUSH_PASSED_TO_STREAM)
            .build();

    private final RecordLines records = new RecordLines();

    /** An encoder. */
    public LineEncoder() {}

    /**
     * Writes {@code message} and the line's end. Does not flush {@code out}.
     *
     * @throws IOException if {@code out} throws it
     */
    public void write(ToChild message, OutputStream out) throws IOException {
        if (message instanceof ToChild.ProcessRecords process) {
            records.write(process.records(), process.millisBehindLatest(), out);
            return;
        }
        JsonGenerator json = JSON.createGenerator(out);
        json.writeStartObject();
        json.writeStringField("action", message.action());
        if (message instanceof ToChild.Initialize initialize) {
            json.writeStringField("shardId", initialize.shard().value());
            json.writeStringField("sequenceNumber", initialize.sequenceNumber());
            json.writeNumberField("subSequenceNumber", initialize.subSequenceNumber());
        } else if (message instanceof ToChild.Invoke invoke) {
            json.writeFieldName("event");
            json.writeRawValue(invoke.event());
        } else if (message instanceof ToChild.Checkpointed answer) {
            json.writeStringField("sequenceNumber", answer.sequenceNumber());
            json.writeFieldName("subSequenceNumber");
            Long sub = answer.subSequenceNumber();
            if (sub == null) {
                json.writeNull();
            } else {
                json.writeNumber(sub);
            }
            json.writeStringField("error", answer.error());
        } else if (message instanceof ToChild.Open open) {
            json.writeStringField("token", open.token());
            json.writeStringField("stream", open.stream().toString());
        }
        json.writeEndObject();
        json.writeRaw('\n');
        json.close();
    }
}
