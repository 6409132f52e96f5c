package io.millrace.consumer.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.consumer.letters.Letter;
import io.millrace.consumer.letters.LetterException;
import io.millrace.consumer.letters.LetterSink;
import io.millrace.model.Bytes;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamArn;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events and documents, byte for byte as Lambda's documentation shows them but for spaces. */
class KinesisEventTest {
    private static final StreamName STREAM = new StreamName("lambda-stream");
    private static final String ARN = "arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream";
    private static final FunctionNames NAMES = FunctionNames.of("my-function", Map.of(STREAM, StreamArn.parse(ARN)));
    private static final String NUMBER = "49590338271490256608559692538361571095921575989136588898";

    private static final String RECORD = """
            {"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":"1","sequenceNumber":"%s",\
            "data":"SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==","approximateArrivalTimestamp":1545084650.987},\
            "eventSource":"aws:kinesis","eventVersion":"1.0","eventID":"shardId-000000000006:%s",\
            "eventName":"aws:kinesis:record","invokeIdentityArn":"arn:aws:iam::123456789012:role/my-function",\
            "awsRegion":"us-east-2","eventSourceARN":"%s"}\
            """.formatted(NUMBER, NUMBER, ARN);

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @Test
    void eventIsThatOfTheDocumentation() {
        assertThat(KinesisEvent.of(STREAM, ShardId.of(6), List.of(record("1")), null, NAMES))
                .isEqualTo("{\"Records\":[" + RECORD + "]}");
        assertThat(KinesisEvent.of(STREAM, ShardId.of(6), List.of(record("1"), record("1")), null, NAMES))
                .isEqualTo("{\"Records\":[" + RECORD + "," + RECORD + "]}");
    }

    @Test
    void eventOfAWindowIsThatOfTheDocumentation() {
        TumblingWindow window = new TumblingWindow(
                Instant.parse("2020-12-09T07:04:00Z"),
                Instant.parse("2020-12-09T07:06:00Z"),
                "{\"1\":282,\"2\":715}",
                true,
                false);
        assertThat(KinesisEvent.of(STREAM, ShardId.of(6), List.of(), window, NAMES))
                .isEqualTo(
                        "{\"Records\":[],\"window\":{\"start\":\"2020-12-09T07:04:00Z\",\"end\":\"2020-12-09T07:06:00Z\"},"
                                + "\"state\":{\"1\":282,\"2\":715},\"shardId\":\"shardId-000000000006\",\"eventSourceARN\":\""
                                + ARN
                                + "\",\"isFinalInvokeForWindow\":true,\"isWindowTerminatedEarly\":false}");
    }

    @Test
    void keysThatAreNotAsciiAreEscapedAndTimesHaveThreePlaces() {
        assertThat(KinesisEvent.of(STREAM, ShardId.of(6), List.of(record("\u00e4\"\n\ud83d")), null, NAMES))
                .contains("\"partitionKey\":\"\\u00e4\\\"\\u000a\\ud83d\"");
        StringBuilder time = new StringBuilder();
        KinesisEvent.seconds(time, 1_607_497_475_000L);
        assertThat(time).hasToString("1607497475.000");
    }

    @Test
    void documentIsThatOfTheDocumentation() {
        FailureDocument document = FailureDocument.of(List.of(letter(2), letter(2)), LetterSink.Reason.FAILED, NAMES);

        assertThat(document.metadata().replace(document.id().toString(), "ID"))
                .isEqualTo("""
                        {"requestContext":{"requestId":"ID",\
                        "functionArn":"arn:aws:lambda:us-east-2:123456789012:function:my-function",\
                        "condition":"RetryAttemptsExhausted","approximateInvokeCount":2},\
                        "responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},\
                        "version":"1.0","timestamp":"2019-11-14T00:38:06.021Z",\
                        "KinesisBatchInfo":{"shardId":"shardId-000000000006","startSequenceNumber":"%s",\
                        "endSequenceNumber":"%s","approximateArrivalOfFirstRecord":"2018-12-17T22:10:50.987Z",\
                        "approximateArrivalOfLastRecord":"2018-12-17T22:10:50.987Z","batchSize":2,"streamArn":"%s"}}\
                        """.formatted(NUMBER, NUMBER, ARN));
        assertThat(document.withRecords())
                .startsWith(document.metadata().substring(0, document.metadata().length() - 1)
                        + ",\"payload\":\"{\\\"Records")
                .endsWith("]}\"}");
        assertThat(document.key())
                .matches(
                        "aws/lambda/[0-9a-f-]{36}/shardId-000000000006/2019/11/14/2019-11-14T00\\.38\\.06-[0-9a-f-]{36}");
        assertThat(document.toString()).doesNotContain("SGVs");
        assertThat(FailureDocument.of(List.of(letter(1)), LetterSink.Reason.TOO_OLD, NAMES)
                        .metadata())
                .contains("RecordAgeExceeded")
                .doesNotContain("responseContext");
    }

    @Test
    void fileKeepsADocumentALineAndEndsLinesThatACrashTore() throws Exception {
        Path file = folder.resolve("failures.jsonl");
        Files.writeString(file, "{\"torn", StandardOpenOption.CREATE);
        LetterSink sink = OnFailure.file(file, NAMES);
        sink.write(List.of(letter(1)), LetterSink.Reason.FAILED);
        sink.write(List.of(letter(3)));

        assertThat(Files.readAllLines(file)).hasSize(3).last().asString().contains("approximateInvokeCount\":3");
        assertThatThrownBy(() -> OnFailure.file(folder, NAMES)).isInstanceOf(LetterException.class);
        assertThatThrownBy(() -> OnFailure.file(folder.resolve("none").resolve("file"), NAMES))
                .hasMessageContaining("make it");
    }

    @Test
    void streamThatIsNotKnownHasNoArnUnlessItsNameTellsIt() {
        assertThat(NAMES.stream(new StreamName("111122223333:eu-west-1:other")))
                .hasToString("arn:aws:kinesis:eu-west-1:111122223333:stream/other");
        assertThatThrownBy(() -> NAMES.stream(new StreamName("other"))).isInstanceOf(IllegalArgumentException.class);
    }

    private static Letter letter(int attempts) {
        return new Letter(
                "app",
                STREAM,
                ShardId.of(6),
                1,
                record("1"),
                attempts,
                "error",
                Instant.parse("2019-11-14T00:38:06.021Z"));
    }

    private static StreamRecord record(String key) {
        return new StreamRecord(
                RecordPosition.of(SequenceNumber.parse(NUMBER)),
                key,
                Bytes.utf8("Hello, this is a test."),
                Instant.ofEpochMilli(1_545_084_650_987L));
    }
}
