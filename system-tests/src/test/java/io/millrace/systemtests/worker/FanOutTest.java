package io.millrace.systemtests.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.consumer.Worker;
import io.millrace.consumer.WorkerBuilder;
import io.millrace.consumer.WorkerEvent;
import io.millrace.consumer.WorkerException;
import io.millrace.fanout.pipe.PipeClient;
import io.millrace.streamcore.StreamServer;
import io.millrace.systemtests.process.Waiting;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.Consumer;
import software.amazon.awssdk.services.kinesis.model.ConsumerStatus;

/** Workers that read by enhanced fan-out from the real server. */
@Timeout(90)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FanOutTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final String MIDDLE_OF_FIRST_OF_TWO = "85070591730234615865843651857942052864";

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private Services services;
    private KinesisAsyncClient pipes;

    @BeforeAll
    void startServices(@TempDir Path folder) {
        services = new Services(folder);
        pipes = services.pipes();
    }

    @AfterAll
    void stopServices() {
        pipes.close();
        services.close();
    }

    @Test
    void recordsComeByPipesOnceAndInOrderThroughASplitAndAMerge() throws Exception {
        services.createStream("resharded", 2);
        Ledger ledger = new Ledger();
        try (Worker worker = worker("resharded", ledger).fanOut().build()) {
            worker.start();
            services.put("resharded", 0, 500, 20);
            ledger.await(500, PATIENCE);
            services.split("resharded", "shardId-000000000000", MIDDLE_OF_FIRST_OF_TWO);
            services.put("resharded", 500, 1_000, 20);
            services.merge("resharded", "shardId-000000000003", "shardId-000000000001");
            services.put("resharded", 1_000, 1_500, 20);
            ledger.await(1_500, PATIENCE);
            assertThat(consumers("resharded"))
                    .extracting(Consumer::consumerName)
                    .containsExactly("app-resharded");
            assertThat(counted("millrace.pipe.records", "app-resharded")).isPositive();
        }
        assertThat(ledger.duplicates()).isZero();
        assertThat(ledger.disorders()).isZero();
        assertThat(consumers("resharded"))
                .as("a consumer stays when workers end")
                .hasSize(1);
    }

    @Test
    void plannedMoveByPipeProcessesNothingTwice() throws Exception {
        services.createStream("moved", 4);
        Ledger ledger = new Ledger();
        CountDownLatch twoMoved = new CountDownLatch(2);
        try (Worker one = worker("moved", ledger).fanOut("mover").build();
                Worker two = worker("moved", ledger)
                        .fanOut("mover")
                        .listener(event -> {
                            if (event instanceof WorkerEvent.LeaseTaken) {
                                twoMoved.countDown();
                            }
                        })
                        .build()) {
            one.start();
            services.put("moved", 0, 1_000, 50);
            ledger.await(1_000, PATIENCE);
            two.start();
            assertThat(twoMoved.await(40, TimeUnit.SECONDS)).isTrue();
            services.put("moved", 1_000, 2_000, 50);
            ledger.await(2_000, PATIENCE);
            assertThat(one.closeAsync(Duration.ofSeconds(20)).get(30, TimeUnit.SECONDS))
                    .isEmpty();
            services.put("moved", 2_000, 3_000, 50);
            ledger.await(3_000, PATIENCE);
            assertThat(two.health().healthy()).isTrue();
        }
        assertThat(ledger.duplicates()).isZero();
        assertThat(ledger.disorders()).isZero();
    }

    @Test
    void consumerThatIsDeletedUnderWayIsRegisteredAnewAndItsShardsArePolledMeanwhile() throws Exception {
        services.createStream("renewed", 2);
        Ledger ledger = new Ledger();
        try (Worker worker = worker("renewed", ledger).fanOut().build()) {
            worker.start();
            services.put("renewed", 0, 200, 20);
            ledger.await(200, PATIENCE);
            Waiting.until(() -> counted("millrace.pipe.opened", "app-renewed") >= 2);
            Consumer old = consumers("renewed").get(0);
            deregister(old.consumerARN());
            services.put("renewed", 200, 400, 20);
            ledger.await(400, PATIENCE);
            Waiting.until(() -> consumers("renewed").stream()
                    .anyMatch(consumer -> !consumer.consumerARN().equals(old.consumerARN())));
            Waiting.until(() -> counted("millrace.pipe.opened", "app-renewed") >= 4);
            services.put("renewed", 400, 600, 20);
            ledger.await(600, PATIENCE);
        }
        assertThat(ledger.duplicates()).isZero();
        assertThat(ledger.disorders()).isZero();
    }

    @Test
    void consumerThatWasGivenByItsArnAndIsDeletedIsNotRegisteredAnew() throws Exception {
        services.createStream("once", 1);
        String arn = register("once", "mine");
        Ledger ledger = new Ledger();
        try (Worker worker = worker("once", ledger).fanOut(arn).build()) {
            worker.start();
            services.put("once", 0, 100, 20);
            ledger.await(100, PATIENCE);
            deregister(arn);
            Waiting.until(() -> counted("millrace.pipe.bridged.records", "app-once") > 0 || putMore(ledger));
            assertThat(worker.health().healthy()).isTrue();
            assertThat(consumers("once"))
                    .as("none but the one that goes")
                    .allMatch(left -> left.consumerARN().equals(arn));
        }
        assertThat(ledger.duplicates()).isZero();
    }

    private boolean putMore(Ledger ledger) {
        try {
            int next = ledger.size();
            services.put("once", next, next + 1, 20);
            ledger.await(next + 1, PATIENCE);
            return false;
        } catch (Exception failure) {
            throw new IllegalStateException(failure);
        }
    }

    @Test
    void consumerThatIsNotThereOrOfAnotherStreamRefusesTheStartAndChangesNothing() throws Exception {
        services.createStream("refusing", 1);
        String unknown = "arn:aws:kinesis:us-east-1:000000000000:stream/refusing/consumer/nobody:1700000000";
        refused(
                worker("refusing", new Ledger()).fanOut(unknown),
                "there is no consumer " + unknown
                        + "; register it, or give fan-out a name, which is registered by itself");
        String elsewhere = unknown.replace("000000000000", "111122223333");
        refused(
                worker("refusing", new Ledger()).fanOut(elsewhere),
                "consumer " + elsewhere + " is one of another stream; this worker reads "
                        + "arn:aws:kinesis:us-east-1:000000000000:stream/refusing");
        assertThat(consumers("refusing")).isEmpty();
        assertThat(services.dynamoDb.listTables().get(30, TimeUnit.SECONDS).tableNames())
                .doesNotContain("untouched");
    }

    @Test
    void streamsAreAddedToAConsumerOfANameAndNotToOneOfAnArn() throws Exception {
        services.createStream("first", 1);
        services.createStream("second", 1);
        String arn = register("first", "mine");
        try (Worker worker = worker("first", new Ledger()).fanOut(arn).build()) {
            worker.start();
            worker.addStream("first");
            assertThatThrownBy(() -> worker.addStream("second"))
                    .isInstanceOf(WorkerException.class)
                    .hasMessage(
                            "consumer " + arn + " reads stream first alone, and this worker reads first, second; give"
                                    + " fan-out a consumer's name, which counts for every stream");
            assertThat(worker.streams()).hasSize(1);
        }
        Ledger ledger = new Ledger();
        try (Worker worker = worker("first", ledger).fanOut("named").build()) {
            worker.start();
            worker.addStream("second");
            assertThat(consumers("second")).extracting(Consumer::consumerName).containsExactly("named");
            services.put("second", 0, 10, 1);
            ledger.await(10, PATIENCE);
        }
    }

    @Test
    void workerThatMayNotRegisterItsConsumerSaysSoAndDoesNotStart(@TempDir Path folder) throws Exception {
        Path keys = Files.writeString(folder.resolve("keys.json"), """
                {"keys": [
                  {"accessKeyId": "owner", "secretAccessKey": "the-secret-of-both-of-them", "allow": [{"actions": ["kinesis:*"],
                   "streams": ["*"]}]},
                  {"accessKeyId": "reader", "secretAccessKey": "the-secret-of-both-of-them", "allow": [{"actions": [
                   "kinesis:DescribeStreamSummary", "kinesis:ListShards", "kinesis:GetShardIterator",
                   "kinesis:GetRecords"], "streams": ["*"]}]}
                ]}
                """);
        Files.setPosixFilePermissions(keys, PosixFilePermissions.fromString("rw-------"));
        try (StreamServer server = StreamServer.builder()
                        .port(0)
                        .dataDirectory(folder.resolve("data"))
                        .transitionTime(Duration.ZERO)
                        .credentials(keys)
                        .start();
                KinesisAsyncClient owner = client(server, "owner");
                KinesisAsyncClient reader = client(server, "reader")) {
            owner.createStream(request -> request.streamName("orders").shardCount(1))
                    .get(30, TimeUnit.SECONDS);
            refused(
                    services.worker("orders", Ledger.none()).fanOut().kinesisClient(reader),
                    "may not find or register the fan-out consumer of stream orders: ",
                    "; allow kinesis:DescribeStreamConsumer and kinesis:RegisterStreamConsumer, or read without fan-out");
        }
    }

    @Test
    void streamThatHasAllItsConsumersRefusesTheStartOfOneMore() throws Exception {
        services.createStream("full", 1);
        for (int i = 0; i < 20; i++) {
            register("full", "consumer-" + i);
            Waiting.until(() -> consumers("full").stream()
                    .allMatch(consumer -> consumer.consumerStatus() == ConsumerStatus.ACTIVE));
        }
        refused(
                worker("full", new Ledger()).fanOut("one-more"),
                "stream/full has 20 consumers and takes no other one, one-more: ",
                "; deregister one that is not used, give fan-out the name of one that is there, or read without fan-out");
        Ledger ledger = new Ledger();
        try (Worker worker = worker("full", ledger).fanOut("consumer-7").build()) {
            worker.start();
            services.put("full", 0, 10, 1);
            ledger.await(10, PATIENCE);
        }
    }

    private static KinesisAsyncClient client(StreamServer server, String key) {
        return PipeClient.create(settings -> settings.endpointOverride(server.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(
                        AwsBasicCredentials.create(key, "the-secret-of-both-of-them"))));
    }

    private static void refused(WorkerBuilder builder, String... line) {
        try (Worker worker = builder.table("untouched").build()) {
            assertThatThrownBy(worker::start)
                    .isInstanceOf(WorkerException.class)
                    .hasMessageNotContaining("\n")
                    .message()
                    .contains(line);
        }
    }

    private WorkerBuilder worker(String stream, Ledger ledger) {
        return services.worker(stream, ledger::processor).kinesisClient(pipes).meterRegistry(meters);
    }

    /** What the workers of an application counted; a worker takes its figures along when it ends. */
    private double counted(String name, String application) {
        var counter = meters.find(name).tag("application", application).counter();
        return counter == null ? 0 : counter.count();
    }

    private String streamArn(String stream) throws Exception {
        return services.kinesis
                .describeStreamSummary(request -> request.streamName(stream))
                .get(30, TimeUnit.SECONDS)
                .streamDescriptionSummary()
                .streamARN();
    }

    private String register(String stream, String name) throws Exception {
        String streamArn = streamArn(stream);
        return services.kinesis
                .registerStreamConsumer(request -> request.streamARN(streamArn).consumerName(name))
                .get(30, TimeUnit.SECONDS)
                .consumer()
                .consumerARN();
    }

    private void deregister(String arn) throws Exception {
        var unused = services.kinesis
                .deregisterStreamConsumer(request -> request.consumerARN(arn))
                .get(30, TimeUnit.SECONDS);
    }

    private List<Consumer> consumers(String stream) {
        try {
            String streamArn = streamArn(stream);
            return services.kinesis
                    .listStreamConsumers(request -> request.streamARN(streamArn))
                    .get(30, TimeUnit.SECONDS)
                    .consumers();
        } catch (Exception failure) {
            throw new IllegalStateException(failure);
        }
    }
}
