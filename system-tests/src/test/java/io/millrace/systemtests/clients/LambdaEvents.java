package io.millrace.systemtests.clients;

import io.millrace.model.StreamArn;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.model.Record;

/**
 * The documents of AWS Lambda for a stream with one shard, whole, as its documentation shows them: the events of invocations, with and
 * without a window, and what a destination gets of records that are discarded.
 *
 * @param stream the ARN of the stream
 * @param function the name of the function
 * @param records all records of the shard, whose data are texts, each once
 * @param windowSeconds the length of windows, 0 where there are none
 */
record LambdaEvents(StreamArn stream, String function, List<Record> records, long windowSeconds) {
    private static final String SHARD = "shardId-000000000000";

    /** The length of a window of some minutes that does not end within the next two. */
    static long windowThatLasts() {
        long now = Instant.now().getEpochSecond();
        long seconds = 900;
        while (now % seconds > seconds - 120) {
            seconds--;
        }
        return seconds;
    }

    /** The records of these data, in this order. */
    private List<Record> ofData(List<String> data) {
        List<Record> found = new ArrayList<>();
        for (String text : data) {
            found.add(records.stream()
                    .filter(record -> record.data().asUtf8String().equals(text))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no record " + text)));
        }
        return found;
    }

    /**
     * The event of a call as the handlers note it: the data of its records, and for a window whether it is the last call, whether it
     * comes early, and the texts of its state.
     *
     * @param before data of a record of the window, for calls without records
     */
    String event(String note, @Nullable String before) {
        if (windowSeconds == 0) {
            return "{\"Records\":[" + records(ofData(List.of(note.split(",", -1)))) + "]}";
        }
        int with = note.lastIndexOf(" with ");
        String head = (with < 0 ? note.replaceFirst("^with ", "") : note.substring(0, with));
        String state = note.substring(note.lastIndexOf("with ") + "with ".length());
        boolean isFinal = head.equals("final") || head.equals("final early");
        List<String> data = isFinal ? List.of() : List.of(head.split(",", -1));
        Record first =
                ofData(List.of(isFinal ? String.valueOf(before) : data.get(0))).get(0);
        long second = first.approximateArrivalTimestamp().getEpochSecond();
        Instant start = Instant.ofEpochSecond(second - second % windowSeconds);
        return "{\"Records\":[" + records(ofData(data)) + "],\"window\":{\"start\":\"" + start + "\",\"end\":\""
                + start.plusSeconds(windowSeconds) + "\"},\"state\":"
                + (state.equals("nothing")
                        ? "{}"
                        : "{\"texts\":\"" + state.replace("\"", "\\\"") + "\""
                                + (state.equals("big") ? ",\"filling\":1000001" : "") + "}")
                + ",\"shardId\":\"" + SHARD + "\",\"eventSourceARN\":\"" + stream + "\",\"isFinalInvokeForWindow\":"
                + isFinal + ",\"isWindowTerminatedEarly\":" + head.equals("final early") + "}";
    }

    private String records(List<Record> some) {
        return some.stream().map(this::record).collect(Collectors.joining(","));
    }

    private String record(Record record) {
        return "{\"kinesis\":{\"kinesisSchemaVersion\":\"1.0\",\"partitionKey\":\"" + record.partitionKey()
                + "\",\"sequenceNumber\":\"" + record.sequenceNumber() + "\",\"data\":\""
                + Base64.getEncoder().encodeToString(record.data().asByteArray())
                + "\",\"approximateArrivalTimestamp\":" + seconds(record.approximateArrivalTimestamp())
                + "},\"eventSource\":\"aws:kinesis\",\"eventVersion\":\"1.0\",\"eventID\":\"" + SHARD + ":"
                + record.sequenceNumber() + "\",\"eventName\":\"aws:kinesis:record\",\"invokeIdentityArn\":"
                + "\"arn:aws:iam::" + stream.account() + ":role/" + function + "\",\"awsRegion\":\"us-east-1\","
                + "\"eventSourceARN\":\"" + stream + "\"}";
    }

    private static String seconds(Instant time) {
        return BigDecimal.valueOf(time.toEpochMilli(), 3).toPlainString();
    }

    /**
     * The document of records that are given up, as a destination without payload gets it. Its id and its time are {@code ID} and
     * {@code TIME}.
     *
     * @param expected such as {@code RetryAttemptsExhausted of a,b after 2}
     */
    String document(String expected) {
        String[] parts = expected.split(" (of|after) ", -1);
        List<Record> lost = ofData(List.of(parts[1].split(",", -1)));
        Record first = lost.get(0);
        Record last = lost.get(lost.size() - 1);
        String response = parts[0].equals("RetryAttemptsExhausted")
                ? "\"responseContext\":{\"statusCode\":200,\"executedVersion\":\"$LATEST\",\"functionError\":\"Unhandled\"},"
                : "";
        return "{\"requestContext\":{\"requestId\":\"ID\",\"functionArn\":\"arn:aws:lambda:us-east-1:"
                + stream.account()
                + ":function:" + function + "\",\"condition\":\"" + parts[0] + "\",\"approximateInvokeCount\":"
                + parts[2]
                + "}," + response + "\"version\":\"1.0\",\"timestamp\":\"TIME\",\"KinesisBatchInfo\":{\"shardId\":\""
                + SHARD + "\",\"startSequenceNumber\":\"" + first.sequenceNumber() + "\",\"endSequenceNumber\":\""
                + last.sequenceNumber() + "\",\"approximateArrivalOfFirstRecord\":\"" + millis(first)
                + "\",\"approximateArrivalOfLastRecord\":\"" + millis(last) + "\",\"batchSize\":" + lost.size()
                + ",\"streamArn\":\"" + stream + "\"}}";
    }

    /** The same with the whole event, as files and buckets get it. */
    String documentWithPayload(String expected) {
        String document = document(expected);
        String event = "{\"Records\":[" + records(ofData(List.of(expected.split(" (of|after) ", -1)[1].split(",", -1))))
                + "]}";
        return document.substring(0, document.length() - 1) + ",\"payload\":\"" + event.replace("\"", "\\\"") + "\"}";
    }

    private static String millis(Record record) {
        String text = record.approximateArrivalTimestamp().toString();
        // Instants leave zeros out.
        return text.length() == 20 ? text.replace("Z", ".000Z") : text;
    }

    /** A document that was written, with {@code ID} and {@code TIME} in place of what differs from run to run. */
    static String without(String document) {
        return document.replaceFirst(
                        "\"requestId\":\"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\"", "\"requestId\":\"ID\"")
                .replaceFirst(
                        "\"timestamp\":\"\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z\"",
                        "\"timestamp\":\"TIME\"");
    }
}
