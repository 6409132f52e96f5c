package io.millrace.systemtests.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.StreamArn;
import io.millrace.systemtests.process.Waiting;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;

/**
 * {@code OnFailure} of a whole daemon, to each kind of destination: ElasticMQ, a server from npm that speaks S3, a stream, and a file.
 * Each gets Lambda's document, whole, and the bucket and the file the event as well.
 */
@Tag("slow")
@Timeout(240)
class LambdaDestinationsTest {
    private static final String GIVEN_UP = "RetryAttemptsExhausted of a,throw after 2";

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @SuppressWarnings("NullAway.Init") // before each test
    private LocalServices services;

    @SuppressWarnings("NullAway.Init") // before each test
    private ClientProcess clients;

    @BeforeEach
    void startServices() throws Exception {
        services = LocalServices.start(folder);
        clients = new ClientProcess(folder);
        clients.assumePresent("Python", List.of("python3", "--version"));
        Path unused = clients.resource("lambda_cases.py");
    }

    @AfterEach
    void stopServices() {
        services.close();
    }

    @Test
    void queueGetsTheDocument() throws Exception {
        try (ClientProgram queues = ClientProgram.start(
                        "elasticmq", "io.millrace.clients.elasticmq.QueueServer", folder, Map.of());
                SqsAsyncClient sqs = queueClient(
                        URI.create("http://127.0.0.1:" + queues.next().get("port")))) {
            String url = sqs.createQueue(request -> request.queueName("failures"))
                    .join()
                    .queueUrl();
            String[] body = {""};
            LambdaEvents documents =
                    failing(url, Map.of("AWS_ENDPOINT_URL_SQS", url.replaceFirst("/[^:]*$", "")), () -> {
                        sqs.receiveMessage(request -> request.queueUrl(url))
                                .join()
                                .messages()
                                .forEach(message -> body[0] = message.body());
                        return !body[0].isEmpty();
                    });
            assertThat(said(body[0])).isEqualTo(CanonicalJson.of(documents.document(GIVEN_UP)));
        }
    }

    private static SqsAsyncClient queueClient(URI endpoint) {
        return SqsAsyncClient.builder()
                .endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
                .build();
    }

    @Test
    void bucketGetsTheDocumentWithTheEvent() throws Exception {
        clients.assumePresent("Node.js with npm", List.of("npm", "--version"));
        try (BucketServer buckets = BucketServer.start(folder, clients);
                S3AsyncClient s3 = buckets.client()) {
            Map<String, String> environment = Map.of(
                    "AWS_ENDPOINT_URL_S3", buckets.endpoint().toString(),
                    "AWS_ACCESS_KEY_ID", "S3RVER",
                    "AWS_SECRET_ACCESS_KEY", "S3RVER");
            LambdaEvents documents = failing(
                    "s3://failures",
                    environment,
                    () -> s3.listObjectsV2(request -> request.bucket("failures"))
                                    .join()
                                    .keyCount()
                            > 0);
            String key = s3.listObjectsV2(request -> request.bucket("failures"))
                    .join()
                    .contents()
                    .get(0)
                    .key();
            assertThat(key)
                    .matches("aws/lambda/[0-9a-f-]{36}/shardId-000000000000/\\d{4}/\\d\\d/\\d\\d/"
                            + "\\d{4}-\\d\\d-\\d\\dT\\d\\d\\.\\d\\d\\.\\d\\d-[0-9a-f-]{36}");
            String text = s3.getObject(
                            request -> request.bucket("failures").key(key), AsyncResponseTransformer.toBytes())
                    .join()
                    .asUtf8String();
            assertThat(said(text)).isEqualTo(CanonicalJson.of(documents.documentWithPayload(GIVEN_UP)));
        }
    }

    @Test
    void streamGetsTheDocument() throws Exception {
        StreamArn unused = services.create("letters", 1);
        LambdaEvents documents = failing(
                "stream:letters",
                services.environment(),
                () -> !services.records("letters", "shardId-000000000000").isEmpty());
        var record = services.records("letters", "shardId-000000000000").get(0);
        assertThat(record.partitionKey()).isEqualTo("shardId-000000000000");
        assertThat(said(record.data().asUtf8String())).isEqualTo(CanonicalJson.of(documents.document(GIVEN_UP)));
    }

    @Test
    void fileGetsTheDocumentWithTheEvent() throws Exception {
        Path file = folder.resolve("failures.jsonl");
        LambdaEvents documents = failing(
                file.toString(),
                Map.of(),
                () -> Files.exists(file) && Files.readString(file).endsWith("\n"));
        assertThat(Files.readAllLines(file))
                .singleElement()
                .extracting(LambdaDestinationsTest::said)
                .isEqualTo(CanonicalJson.of(documents.documentWithPayload(GIVEN_UP)));
    }

    private static String said(String document) {
        return CanonicalJson.of(LambdaEvents.without(document));
    }

    /** Runs a daemon until {@code isThere}; its function fails at the first two of three records, for good. */
    private LambdaEvents failing(String destination, Map<String, String> environment, Waiting.Condition isThere)
            throws Exception {
        StreamArn arn = services.create("orders", 1);
        services.put("orders", List.of("a", "throw", "c"));
        Path settings = Files.writeString(
                folder.resolve("failing.properties"),
                "handler = lambda_cases.lambda_handler\nCodeUri = " + folder + "\napplicationName = failing\n"
                        + "streamName = orders\nretrievalMode = POLLING\nBatchSize = 2\nMaximumRetryAttempts = 1\n"
                        + "OnFailure = " + destination + "\n" + services.settings());
        try (DaemonRun daemon = DaemonRun.start(folder, new HashMap<>(environment), settings)) {
            daemon.await(() -> {
                try {
                    return isThere.holds();
                } catch (Exception failed) {
                    throw new AssertionError("cannot look", failed);
                }
            });
            Path notes = folder.resolve("failing.txt");
            daemon.await(() -> {
                try {
                    return Files.readAllLines(notes).size() == 3;
                } catch (java.io.IOException failed) {
                    throw new AssertionError("cannot look", failed);
                }
            });
            assertThat(Files.readAllLines(notes)).containsExactly("a,throw", "a,throw", "c");
            daemon.terminate();
            assertThat(daemon.exitCode()).as("%s", daemon).isZero();
        }
        return new LambdaEvents(arn, "failing", services.records("orders", "shardId-000000000000"), 0);
    }
}
