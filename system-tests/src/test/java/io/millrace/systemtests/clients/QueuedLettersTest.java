package io.millrace.systemtests.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.consumer.letters.Letter;
import io.millrace.consumer.letters.LetterSink;
import io.millrace.consumer.letters.LetterSinks;
import io.millrace.model.Bytes;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.streamcore.StreamServer;
import io.millrace.systemtests.cli.CommandResult;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** Dead letters in queues of ElasticMQ, a server that speaks SQS, through the SDK's client and the commands. */
class QueuedLettersTest {
    @TempDir
    static Path folder;

    private static ClientProgram queues;
    private static URI endpoint;

    @BeforeAll
    static void startQueues() throws IOException {
        queues = ClientProgram.start("elasticmq", "io.millrace.clients.elasticmq.QueueServer", folder, Map.of());
        endpoint = URI.create("http://127.0.0.1:" + queues.next().get("port"));
    }

    @AfterAll
    static void stopQueues() {
        queues.close();
    }

    @Test
    @Timeout(120)
    void lettersInAQueueAreShownAndDeletedOnceTheirRecordsArePutBack() throws Exception {
        try (StreamServer server = StreamServer.builder()
                        .port(0)
                        .dataDirectory(folder.resolve("data"))
                        .transitionTime(Duration.ZERO)
                        .start();
                FedStream stream = FedStream.create(server.endpoint(), "orders", 2)) {
            Map<String, String> endpoints = Map.of(
                    "AWS_ENDPOINT_URL_KINESIS", server.endpoint().toString(),
                    "AWS_ENDPOINT_URL_SQS", endpoint.toString());
            try (SqsAsyncClient sqs = client(endpoint)) {
                String url = sqs.createQueue(request -> request.queueName("letters"))
                        .join()
                        .queueUrl();
                List<Letter> letters = letters(0, 25, 100);
                try (LetterSink sink = LetterSinks.sqs(sqs, url)) {
                    sink.write(letters);
                    // Together more than a request may have.
                    sink.write(letters(25, 6, 100_000));
                }
                sqs.sendMessage(request -> request.queueUrl(url).messageBody("something else"))
                        .join();

                for (int i = 0; i < 2; i++) {
                    CommandResult shown = expect(endpoints, 1, "letters", "show", "sqs:" + url, "--json");
                    assertThat(shown.err()).contains("this is no letter", "1 of the entries");
                    assertThat(new HashSet<>(
                                    shown.out().lines().map(Letter::parse).toList()))
                            .hasSize(31)
                            .containsAll(letters);
                }
                CommandResult one = expect(
                        endpoints,
                        1,
                        "letters",
                        "replay",
                        "sqs:" + url,
                        "--yes",
                        "--only",
                        letters.get(7).id());
                assertThat(one.out()).isEqualTo("put back 1 record: 1 into orders\n");
                assertThat(count(sqs, url)).isEqualTo(31);

                CommandResult rest = expect(endpoints, 1, "letters", "replay", "sqs:" + url, "--yes");
                assertThat(rest.out()).isEqualTo("put back 30 records: 30 into orders\n");
                assertThat(rest.err()).contains("1 of the entries of sqs:" + url, "left as they are");
                assertThat(count(sqs, url)).isEqualTo(1);
                assertThat(stream.readAll()).hasSize(31);
            }
        }
    }

    @Test
    @Timeout(120)
    void fifoQueueKeepsTheOrderOfAShardAndLeavesOutWhatComesAgain() throws Exception {
        try (SqsAsyncClient sqs = client(endpoint)) {
            String url = sqs.createQueue(request ->
                            request.queueName("letters.fifo").attributes(Map.of(QueueAttributeName.FIFO_QUEUE, "true")))
                    .join()
                    .queueUrl();
            List<Letter> letters = letters(0, 12, 100);
            LetterSink sink = LetterSinks.sqs(sqs, url);
            sink.write(letters);
            sink.write(letters);

            assertThat(count(sqs, url)).isEqualTo(12);
            assertThat(
                            sqs
                                    .receiveMessage(
                                            request -> request.queueUrl(url).maxNumberOfMessages(10))
                                    .join()
                                    .messages()
                                    .stream()
                                    .map(message -> Letter.parse(message.body())))
                    .containsExactlyElementsOf(letters.subList(0, 10));
        }
    }

    @Test
    @Timeout(60)
    void queueThatIsNotThereIsNamed() throws Exception {
        String url = "sqs:" + endpoint + "/000000000000/nowhere";
        assertThat(expect(Map.of("AWS_ENDPOINT_URL_SQS", endpoint.toString()), 1, "letters", "show", url)
                        .err())
                .hasLineCount(1)
                .contains("queue does not exist");
        int closed;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closed = socket.getLocalPort();
        }
        String nobody = "http://127.0.0.1:" + closed;
        assertThat(expect(Map.of("AWS_ENDPOINT_URL_SQS", nobody), 1, "letters", "show", url)
                        .err())
                .hasLineCount(1)
                .contains("cannot reach SQS at " + nobody)
                .doesNotContain("millrace server");
    }

    private static SqsAsyncClient client(URI endpoint) {
        return SqsAsyncClient.builder()
                .endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
                .build();
    }

    private static int count(SqsAsyncClient sqs, String url) {
        Map<QueueAttributeName, String> counts = sqs.getQueueAttributes(
                        request -> request.queueUrl(url).attributeNames(QueueAttributeName.ALL))
                .join()
                .attributes();
        return Integer.parseInt(counts.getOrDefault(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES, "-1"));
    }

    private static CommandResult expect(Map<String, String> endpoints, int exitCode, String... arguments) {
        CommandResult result = CommandResult.of(endpoints, "", arguments);
        assertThat(result.exitCode()).as("%s %s", result.out(), result.err()).isEqualTo(exitCode);
        return result;
    }

    private static List<Letter> letters(int from, int count, int size) {
        return IntStream.range(from, from + count)
                .mapToObj(i -> new Letter(
                        "dashboard",
                        new StreamName("orders"),
                        ShardId.of(0),
                        7,
                        new StreamRecord(
                                new RecordPosition(SequenceNumber.of(1_700_000_000, 0, i, 1_700_000_000), 0),
                                "key-" + i,
                                Bytes.wrap(new byte[size]),
                                Instant.parse("2026-11-21T08:30:00Z")),
                        3,
                        "java.lang.Error",
                        Instant.parse("2026-11-21T08:31:07Z")))
                .toList();
    }
}
