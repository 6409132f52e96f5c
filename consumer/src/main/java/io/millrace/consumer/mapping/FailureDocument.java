package io.millrace.consumer.mapping;

import io.millrace.consumer.letters.AsciiJson;
import io.millrace.consumer.letters.Letter;
import io.millrace.consumer.letters.LetterSink;
import io.millrace.model.StreamRecord;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

/**
 * The document that AWS Lambda sends to a destination on failure: of which batch, why, and how often it was tried. One line of JSON in
 * ASCII alone.
 *
 * @param stream the name of the stream
 * @param shard the shard's id
 * @param id the same each time that the document of these records is made at this time
 * @param failedAt when the records were given up
 * @param metadata the document without its records
 * @param event the records, as an event of the function
 */
record FailureDocument(String stream, String shard, UUID id, Instant failedAt, String metadata, String event) {
    private static final DateTimeFormatter MILLIS = DateTimeFormatter.ofPattern(
                    "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter FOLDER =
            DateTimeFormatter.ofPattern("yyyy/MM/dd", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter SECONDS =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH.mm.ss", Locale.ROOT).withZone(ZoneOffset.UTC);

    /** The document of records that were given up together. */
    static FailureDocument of(List<Letter> letters, LetterSink.Reason reason, FunctionNames names) {
        Letter first = letters.get(0);
        List<StreamRecord> records = letters.stream().map(Letter::record).toList();
        StreamRecord last = records.get(records.size() - 1);
        UUID id = UUID.nameUUIDFromBytes(
                (first.id() + "\n" + last.sequenceNumber() + "\n" + first.failedAt()).getBytes(StandardCharsets.UTF_8));
        StringBuilder json = new StringBuilder(1_000);
        json.append("{\"requestContext\":{\"requestId\":\"").append(id);
        json.append("\",\"functionArn\":");
        AsciiJson.string(json, names.functionArn());
        json.append(",\"condition\":\"");
        json.append(reason == LetterSink.Reason.TOO_OLD ? "RecordAgeExceeded" : "RetryAttemptsExhausted");
        json.append("\",\"approximateInvokeCount\":").append(first.attempts()).append("},");
        if (reason == LetterSink.Reason.FAILED) {
            json.append("\"responseContext\":{\"statusCode\":200,\"executedVersion\":\"$LATEST\","
                    + "\"functionError\":\"Unhandled\"},");
        }
        json.append("\"version\":\"1.0\",\"timestamp\":\"").append(MILLIS.format(first.failedAt()));
        json.append("\",\"KinesisBatchInfo\":{\"shardId\":");
        AsciiJson.string(json, first.shard().value());
        json.append(",\"startSequenceNumber\":\"").append(first.record().sequenceNumber());
        json.append("\",\"endSequenceNumber\":\"").append(last.sequenceNumber());
        json.append("\",\"approximateArrivalOfFirstRecord\":\"")
                .append(MILLIS.format(first.record().arrival()));
        json.append("\",\"approximateArrivalOfLastRecord\":\"").append(MILLIS.format(last.arrival()));
        json.append("\",\"batchSize\":").append(records.size()).append(",\"streamArn\":");
        AsciiJson.string(json, names.stream(first.stream()).toString()).append("}}");
        return new FailureDocument(
                first.stream().value(),
                first.shard().value(),
                id,
                first.failedAt(),
                json.toString(),
                KinesisEvent.of(first.stream(), first.shard(), records, null, names));
    }

    /** The document with its records: the event as a text. */
    String withRecords() {
        StringBuilder json = new StringBuilder(metadata.length() + event.length() * 5 / 4);
        json.append(metadata, 0, metadata.length() - 1).append(",\"payload\":");
        return AsciiJson.string(json, event).append('}').toString();
    }

    /** The name of its object in a bucket. */
    String key() {
        UUID mapping = UUID.nameUUIDFromBytes(stream.getBytes(StandardCharsets.UTF_8));
        return "aws/lambda/" + mapping + "/" + shard + "/" + FOLDER.format(failedAt) + "/" + SECONDS.format(failedAt)
                + "-" + id;
    }

    /** Tells nothing of the records. */
    @Override
    public String toString() {
        return "FailureDocument[" + stream + "/" + shard + ", " + id + "]";
    }
}
