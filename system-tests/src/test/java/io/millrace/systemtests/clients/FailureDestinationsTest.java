package io.millrace.systemtests.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.consumer.letters.Letter;
import io.millrace.consumer.letters.LetterException;
import io.millrace.consumer.letters.LetterSink;
import io.millrace.consumer.letters.LetterSinks;
import io.millrace.consumer.mapping.FunctionNames;
import io.millrace.consumer.mapping.OnFailure;
import io.millrace.model.Bytes;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamArn;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.streamcore.StreamServer;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;

/** Documents on failure in ElasticMQ, in a stream, and in a server from npm that speaks S3, through the SDK's clients. */
@Timeout(120)
class FailureDestinationsTest {
    private static final StaticCredentialsProvider KEY =
            StaticCredentialsProvider.create(AwsBasicCredentials.create("S3RVER", "S3RVER"));
    private static final StreamName ORDERS = new StreamName("orders");
    private static final FunctionNames NAMES = FunctionNames.of(
            "fn", Map.of(ORDERS, StreamArn.parse("arn:aws:kinesis:us-east-1:000000000000:stream/orders")));

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @Test
    void queueGetsDocumentsWithoutRecords() throws Exception {
        try (ClientProgram queues = ClientProgram.start(
                        "elasticmq", "io.millrace.clients.elasticmq.QueueServer", folder, Map.of());
                SqsAsyncClient sqs = SqsAsyncClient.builder()
                        .endpointOverride(
                                URI.create("http://127.0.0.1:" + queues.next().get("port")))
                        .region(Region.US_EAST_1)
                        .credentialsProvider(KEY)
                        .build()) {
            String url = sqs.createQueue(request -> request.queueName("failures"))
                    .join()
                    .queueUrl();
            write(OnFailure.sqs(sqs, url, NAMES));
            write(OnFailure.sqs(sqs, "arn:aws:sqs:us-east-1:000000000000:failures", NAMES));

            var messages = sqs.receiveMessage(request -> request.queueUrl(url).maxNumberOfMessages(10))
                    .join()
                    .messages();
            assertThat(messages)
                    .hasSize(2)
                    .allSatisfy(message -> assertThat(message.body())
                            .contains("\"condition\":\"RetryAttemptsExhausted\"", "\"batchSize\":2")
                            .doesNotContain("payload"));
            Assertions.assertThatThrownBy(() -> OnFailure.sqs(sqs, "failures", NAMES))
                    .isInstanceOf(LetterException.class);
        }
    }

    @Test
    void streamGetsDocumentsWithoutRecordsUnlessItIsTheOneThatIsRead() throws Exception {
        try (StreamServer server = StreamServer.builder()
                        .port(0)
                        .dataDirectory(folder.resolve("data"))
                        .transitionTime(Duration.ZERO)
                        .start();
                FedStream stream = FedStream.create(server.endpoint(), "failures", 1);
                KinesisAsyncClient kinesis = KinesisAsyncClient.builder()
                        .endpointOverride(server.endpoint())
                        .region(Region.US_EAST_1)
                        .credentialsProvider(KEY)
                        .build()) {
            write(OnFailure.stream(kinesis, "failures", NAMES));
            assertThat(stream.readAll()).hasSize(1);
            String iterator = kinesis.getShardIterator(request -> request.streamName("failures")
                            .shardId("shardId-000000000000")
                            .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
                    .join()
                    .shardIterator();
            var record = kinesis.getRecords(request -> request.shardIterator(iterator))
                    .join()
                    .records()
                    .get(0);
            assertThat(record.partitionKey()).isEqualTo("shardId-000000000003");
            assertThat(record.data().asUtf8String())
                    .contains("\"KinesisBatchInfo\"")
                    .doesNotContain("payload");
            Assertions.assertThatThrownBy(() -> write(OnFailure.stream(kinesis, "orders", NAMES)))
                    .hasMessageContaining("a stream of its own");
        }
    }

    @Test
    @Tag("slow")
    void bucketGetsDocumentsWithTheirRecords() throws Exception {
        ClientProcess clients = new ClientProcess(folder);
        clients.assumePresent("Node.js with npm", List.of("npm", "--version"));
        try (BucketServer buckets = BucketServer.start(folder, clients)) {
            try (S3AsyncClient s3 = buckets.client()) {
                write(OnFailure.s3(s3, "failures", NAMES));
                var objects = s3.listObjectsV2(request -> request.bucket("failures"))
                        .join()
                        .contents();
                assertThat(objects)
                        .singleElement()
                        .satisfies(
                                object -> assertThat(object.key())
                                        .matches(
                                                "aws/lambda/[0-9a-f-]{36}/shardId-000000000003/2026/11/21/2026-11-21T08\\.30\\.00-[0-9a-f-]{36}"));
                String text = s3.getObject(
                                request -> request.bucket("failures")
                                        .key(objects.get(0).key()),
                                AsyncResponseTransformer.toBytes())
                        .join()
                        .asUtf8String();
                assertThat(text)
                        .endsWith("}")
                        .contains("\"batchSize\":2", "\"payload\":\"{\\\"Records\\\":[", "c2VjcmV0");
                write(LetterSinks.s3(s3, "failures"));
                String letters = s3.getObject(
                                request -> request.bucket("failures")
                                        .key("letters/app/orders/shardId-000000000003/7.0-8.0.jsonl"),
                                AsyncResponseTransformer.toBytes())
                        .join()
                        .asUtf8String();
                assertThat(letters.lines().map(Letter::parse)).containsExactly(letter(7), letter(8));
            }
        }
    }

    private static void write(LetterSink sink) throws Exception {
        sink.write(List.of(letter(7), letter(8)), LetterSink.Reason.FAILED);
    }

    private static Letter letter(int number) {
        Instant time = Instant.parse("2026-11-21T08:30:00.123Z");
        StreamRecord record = new StreamRecord(
                RecordPosition.of(SequenceNumber.parse(Integer.toString(number))), "key", Bytes.utf8("secret"), time);
        return new Letter("app", ORDERS, ShardId.of(3), 1, record, 2, "error", time);
    }
}
