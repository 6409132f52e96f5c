package io.millrace.systemtests.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.consumer.Worker;
import io.millrace.consumer.WorkerBuilder;
import io.millrace.consumer.WorkerException;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.streamcore.StreamServer;
import io.millrace.systemtests.process.Tables;
import io.millrace.systemtests.process.Waiting;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** Workers that are given streams by their ARNs, with a server that has two accounts and verifies who asks. */
class StreamArnsTest {
    private static final String SECRET = "the-secret-of-both-of-them";
    private static final String OWN = "arn:aws:kinesis:us-east-1:111122223333:stream/orders";
    private static final String THEIRS = "arn:aws:kinesis:us-east-1:999988887777:stream/orders";
    private static final String THEIR_NAME = "999988887777:us-east-1:orders";
    private static final String KEYS = """
            {"keys": [
              {"accessKeyId": "reader", "secretAccessKey": "%s", "account": "111122223333",
               "allow": [{"actions": ["kinesis:*"], "streams": ["*"]}]},
              {"accessKeyId": "owner", "secretAccessKey": "%s", "account": "999988887777",
               "allow": [{"actions": ["kinesis:*"], "streams": ["*"]}]}
            ]}
            """.formatted(SECRET, SECRET);
    private static final String POLICY = """
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "111122223333"},
              "Action": ["kinesis:DescribeStreamSummary", "kinesis:ListShards", "kinesis:GetShardIterator",
                         "kinesis:GetRecords"],
              "Resource": "%s"}]}
            """.formatted(THEIRS);

    private final Set<String> read = ConcurrentHashMap.newKeySet();
    private final Set<String> asked = ConcurrentHashMap.newKeySet();

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @SuppressWarnings("NullAway.Init") // set before each test
    private StreamServer server;

    @SuppressWarnings("NullAway.Init") // set before each test
    private Tables tables;

    @SuppressWarnings("NullAway.Init") // set before each test
    private DynamoDbAsyncClient dynamoDb;

    @SuppressWarnings("NullAway.Init") // set before each test
    private KinesisAsyncClient reader;

    @SuppressWarnings("NullAway.Init") // set before each test
    private KinesisAsyncClient owner;

    @BeforeEach
    void start() throws Exception {
        Path keys = Files.writeString(folder.resolve("keys.json"), KEYS);
        Files.setPosixFilePermissions(keys, PosixFilePermissions.fromString("rw-------"));
        server = StreamServer.builder()
                .port(0)
                .dataDirectory(folder.resolve("data"))
                .transitionTime(Duration.ZERO)
                .credentials(keys)
                .start();
        tables = Tables.open();
        dynamoDb = Services.dynamoDbAt(tables.endpoint());
        reader = client("reader");
        owner = client("owner");
        for (KinesisAsyncClient client : List.of(reader, owner)) {
            client.createStream(b -> b.streamName("orders").shardCount(2)).get(30, TimeUnit.SECONDS);
        }
        owner.putResourcePolicy(b -> b.resourceARN(THEIRS).policy(POLICY)).get(30, TimeUnit.SECONDS);
    }

    @AfterEach
    void stop() {
        reader.close();
        owner.close();
        dynamoDb.close();
        tables.close();
        server.close();
    }

    private KinesisAsyncClient client(String key) {
        return KinesisAsyncClient.builder()
                .endpointOverride(server.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(key, SECRET)))
                .overrideConfiguration(o -> o.addExecutionInterceptor(new ExecutionInterceptor() {
                    @Override
                    public void beforeExecution(Context.BeforeExecution context, ExecutionAttributes attributes) {
                        for (String member : List.of("StreamName", "StreamARN")) {
                            context.request()
                                    .getValueForField(member, String.class)
                                    .ifPresent(value -> asked.add(
                                            context.request().getClass().getSimpleName() + " " + value));
                        }
                    }
                }))
                .build();
    }

    private static void put(KinesisAsyncClient client, String... texts) throws Exception {
        for (String text : texts) {
            client.putRecord(b -> b.streamName("orders").partitionKey(text).data(SdkBytes.fromUtf8String(text)))
                    .get(30, TimeUnit.SECONDS);
        }
    }

    private WorkerBuilder builder(KinesisAsyncClient client) {
        return Worker.builder()
                .application("app")
                .processor(() -> this::note)
                .kinesisClient(client)
                .dynamoDbClient(dynamoDb)
                .failoverTime(Duration.ofSeconds(2))
                .idleTimeBetweenReads(Duration.ofMillis(20));
    }

    private void note(RecordBatch batch) {
        batch.records()
                .forEach(record -> read.add(batch.shard().stream() + " "
                        + StandardCharsets.UTF_8.decode(record.data().asByteBuffer())));
    }

    private void awaitRead(String... expected) {
        Waiting.until(() -> read.containsAll(List.of(expected)));
    }

    @Test
    void streamsOfOneNameInTwoAccountsAreReadApartByOneApplication() throws Exception {
        put(reader, "own-1", "own-2");
        put(owner, "their-1", "their-2");
        asked.clear();
        try (Worker worker = builder(reader).stream(OWN).stream(THEIRS).build()) {
            worker.start();
            awaitRead("orders own-1", "orders own-2", THEIR_NAME + " their-1", THEIR_NAME + " their-2");
            assertThat(worker.streams()).extracting(Object::toString).containsExactly(THEIR_NAME, "orders");
        }
        assertThat(read).hasSize(4);
        List<String> requests = new ArrayList<>(asked);
        // Whether an ARN is of the own account is asked by name; all else gives the ARN.
        assertThat(requests.stream().filter(request -> request.endsWith(" orders")))
                .containsExactly("DescribeStreamSummaryRequest orders");
        assertThat(requests)
                .contains(
                        "GetRecordsRequest " + OWN,
                        "GetRecordsRequest " + THEIRS,
                        "GetShardIteratorRequest " + THEIRS,
                        "ListShardsRequest " + THEIRS);

        // The own stream is the same one by its name, and another account's by its qualified name.
        read.clear();
        put(reader, "own-3");
        put(owner, "their-3");
        try (Worker worker = builder(reader).stream("orders").build()) {
            worker.start();
            worker.addStream(THEIRS);
            awaitRead("orders own-3", THEIR_NAME + " their-3");
            worker.removeStream(THEIR_NAME);
            assertThat(worker.streams()).extracting(Object::toString).containsExactly("orders");
        }
        assertThat(read).hasSize(2);
    }

    @Test
    void streamsThatCannotBeReadEndTheStartWithOneLine() {
        String elsewhere = OWN.replace("us-east-1", "eu-west-1");
        assertThatThrownBy(() -> builder(reader).stream(elsewhere).build().start())
                .isInstanceOf(WorkerException.class)
                .hasMessage(
                        "stream " + elsewhere + " is in region eu-west-1, and the Kinesis client is one of us-east-1;"
                                + " set AWS_REGION, or give a client of that region");
        assertThatThrownBy(() ->
                        builder(reader).stream("orders").stream(OWN).build().start())
                .isInstanceOf(WorkerException.class)
                .hasMessage("stream orders is named twice, by its name and by its ARN");
        assertThatThrownBy(() -> builder(reader).stream(OWN.replace("orders", "missing"))
                        .build()
                        .start())
                .isInstanceOf(WorkerException.class)
                .hasMessageContaining("missing does not exist");
    }
}
