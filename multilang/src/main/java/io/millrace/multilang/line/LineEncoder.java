package io.millrace.multilang.line;

import com.fasterxml.jackson.core.Base64Variants;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import io.millrace.model.Bytes;
import io.millrace.model.StreamRecord;
import java.io.IOException;
import java.io.OutputStream;

/**
 * Writes messages to a child, each as one line: compact JSON, all keys in the order in which Amazon's daemon writes them, and
 * everything beyond ASCII as escapes, so that a line is read rightly in every locale. A line goes to the stream in pieces of some
 * kilobytes, however long it is. Belongs to one thread at a time.
 */
public final class LineEncoder {
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
            .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
            .disable(StreamWriteFeature.FLUSH_PASSED_TO_STREAM)
            .build();

    // Encoded once: a record's keys weigh more than its values.
    private static final SerializedString DATA = new SerializedString("data");
    private static final SerializedString PARTITION_KEY = new SerializedString("partitionKey");
    private static final SerializedString SEQUENCE_NUMBER = new SerializedString("sequenceNumber");
    private static final SerializedString ARRIVAL = new SerializedString("approximateArrivalTimestamp");
    private static final SerializedString SUB_SEQUENCE_NUMBER = new SerializedString("subSequenceNumber");
    private static final SerializedString ACTION = new SerializedString("action");
    private static final SerializedString RECORD = new SerializedString("record");

    private static final int USUAL_PAYLOAD = 4 * 1024;

    /** Payloads above this size do not keep their space. */
    private static final int LARGEST_KEPT = 64 * 1024;

    private byte[] scratch = new byte[USUAL_PAYLOAD];

    /** An encoder. */
    public LineEncoder() {}

    /**
     * Writes {@code message} and the line's end. Does not flush {@code out}.
     *
     * @throws IOException if {@code out} throws it
     */
    public void write(ToChild message, OutputStream out) throws IOException {
        JsonGenerator json = JSON.createGenerator(out);
        json.writeStartObject();
        json.writeStringField("action", message.action());
        if (message instanceof ToChild.ProcessRecords process) {
            json.writeArrayFieldStart("records");
            for (StreamRecord record : process.records()) {
                write(record, json);
            }
            json.writeEndArray();
            json.writeNumberField("millisBehindLatest", process.millisBehindLatest());
        } else if (message instanceof ToChild.Initialize initialize) {
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

    private void write(StreamRecord record, JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeFieldName(DATA);
        Bytes data = record.data();
        byte[] space = data.size() <= scratch.length ? scratch : grown(data.size());
        data.copyTo(space, 0);
        json.writeBinary(Base64Variants.MIME_NO_LINEFEEDS, space, 0, data.size());
        json.writeFieldName(PARTITION_KEY);
        json.writeString(record.partitionKey());
        json.writeFieldName(SEQUENCE_NUMBER);
        byte[] number = record.sequenceNumber().toAscii();
        json.writeRawUTF8String(number, 0, number.length);
        json.writeFieldName(ARRIVAL);
        json.writeNumber(record.arrival().toEpochMilli());
        json.writeFieldName(SUB_SEQUENCE_NUMBER);
        json.writeNumber(record.subSequenceNumber());
        json.writeFieldName(ACTION);
        json.writeString(RECORD);
        json.writeEndObject();
    }

    private byte[] grown(int size) {
        if (size > LARGEST_KEPT) {
            return new byte[size];
        }
        scratch = new byte[Math.max(size, Math.min(LARGEST_KEPT, scratch.length * 2))];
        return scratch;
    }
}
