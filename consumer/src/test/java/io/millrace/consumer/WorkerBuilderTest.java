package io.millrace.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.consumer.delivery.Batching;
import io.millrace.consumer.delivery.DeliverySettings;
import io.millrace.consumer.processor.RecordProcessor;
import io.millrace.consumer.shard.BlockingProcessor;
import io.millrace.fanout.pipe.FanOutConsumer;
import io.millrace.lease.LostTable;
import io.millrace.lease.coordinator.LeaseSettings.StreamSettings;
import io.millrace.model.Position;
import io.millrace.model.StreamName;
import io.millrace.model.aggregate.Aggregates;
import io.millrace.runtime.SystemPlatform;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkerBuilderTest {
    private static final RecordProcessor PROCESSOR = batch -> {};
    private static final String CONSUMER =
            "arn:aws:kinesis:us-east-1:111111111111:stream/orders/consumer/dashboard:1700000000";

    private final WorkerBuilder builder =
            Worker.builder().application("app").stream("orders").processor(() -> PROCESSOR);

    @Test
    void theDefaultsAreAsDocumented() {
        WorkerSettings settings = builder.settings();
        assertThat(settings.streams())
                .containsExactly(new StreamSettings(new StreamName("orders"), Position.trimHorizon()));
        assertThat(settings.initialPosition()).isEqualTo(Position.trimHorizon());
        assertThat(settings.maxLeases()).isEqualTo(Integer.MAX_VALUE);
        assertThat(settings.table()).isEqualTo("millrace");
        assertThat(settings.timing())
                .isEqualTo(new WorkerTiming(
                        Duration.ofSeconds(10), Duration.ofMillis(250), Duration.ofSeconds(1), Duration.ofMinutes(1)));
        assertThat(settings.delivery()).isEqualTo(DeliverySettings.DEFAULT);
        assertThat(settings.delivery().batching().records()).isEqualTo(1_000);
        assertThat(settings.workerName()).isNull();
        assertThat(settings.fanOut()).isNull();
        assertThat(settings.kinesisClient()).isNull();
        assertThat(settings.dynamoDbClient()).isNull();
        assertThat(settings.meterRegistry()).isInstanceOf(CompositeMeterRegistry.class);
        assertThat(settings.platform()).isInstanceOf(SystemPlatform.class);
    }

    @Test
    void everythingGivenArrives() {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        Simulation sim = new Simulation(1);
        WorkerListener listener = event -> {};
        WorkerSettings settings = builder.stream("clicks", Position.trimHorizon())
                .workerName("one")
                .initialPosition(Position.latest())
                .failoverTime(Duration.ofSeconds(3))
                .table("leases")
                .maxRecordsPerBatch(7)
                .aggregates(Aggregates.RAW)
                .maxLeases(5)
                .fanOut("dashboard")
                .idleTimeBetweenReads(Duration.ofMillis(20))
                .checkpointInterval(Duration.ofMillis(30))
                .stuckAfter(Duration.ofSeconds(40))
                .meterRegistry(meters)
                .platform(sim)
                .listener(listener)
                .settings();
        assertThat(settings)
                .isEqualTo(new WorkerSettings(
                        "app",
                        List.of(
                                new StreamSettings(new StreamName("orders"), Position.latest()),
                                new StreamSettings(new StreamName("clicks"), Position.trimHorizon())),
                        settings.processor(),
                        "one",
                        Position.latest(),
                        "leases",
                        new WorkerTiming(
                                Duration.ofSeconds(3),
                                Duration.ofMillis(20),
                                Duration.ofMillis(30),
                                Duration.ofSeconds(40)),
                        DeliverySettings.DEFAULT.withBatching(Batching.DEFAULT.withRecords(7)),
                        Aggregates.RAW,
                        5,
                        LostTable.STOP,
                        new FanOutConsumer.Named("dashboard"),
                        null,
                        null,
                        null,
                        meters,
                        sim,
                        listener));
        assertThat(settings.processor().get()).isInstanceOf(BlockingProcessor.class);
    }

    @Test
    void whatIsMissingIsNamed() {
        assertThatThrownBy(() -> Worker.builder().stream("orders").build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a worker needs application(...); give it to the builder");
        assertThatThrownBy(() -> Worker.builder()
                        .application("app")
                        .processor(() -> PROCESSOR)
                        .build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a worker needs stream(...); give it to the builder");
    }

    @Test
    void whatMakesNoSenseIsRefusedAtOnce() {
        refused(() -> builder.application(" "));
        refused(() -> builder.stream("no spaces"));
        refused(() -> builder.stream("orders"));
        refused(() -> builder.maxLeases(0));
        refused(() -> builder.workerName("a#b"));
        refused(() -> builder.table("x"));
        refused(() -> builder.failoverTime(Duration.ofMillis(999)));
        refused(() -> builder.maxRecordsPerBatch(0));
        refused(() -> builder.maxRecordsPerBatch(10_001));
        refused(() -> builder.idleTimeBetweenReads(Duration.ZERO));
        refused(() -> builder.checkpointInterval(Duration.ofMillis(-1)));
        refused(() -> builder.fanOut("two words"));
        refused(() -> builder.fanOut("arn:aws:kinesis:us-east-1:111111111111:stream/orders"));
        refused(() -> builder.stuckAfter(Duration.ofMillis(999)));
    }

    @Test
    void aNameIsMadeWhereNoneIsGiven() {
        assertThat(builder.build().name())
                .matches(".+-" + ProcessHandle.current().pid() + "-[0-9a-f]{4}");
        assertThat(builder.workerName("one").build().name()).isEqualTo("one");
    }

    @Test
    void applicationLendsItsNameToTheConsumer() {
        assertThat(builder.fanOut("other").fanOut().settings().fanOut()).isEqualTo(new FanOutConsumer.Named("app"));
        assertThatThrownBy(() -> builder.application("my app").fanOut().build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "application 'my app' lends its name to no fan-out consumer, whose name has 1 to 128 letters,"
                                + " digits, '_', '.' and '-'; give fan-out a name of its own");
        assertThat(builder.fanOut("mine").settings().fanOut()).isEqualTo(new FanOutConsumer.Named("mine"));
    }

    @Test
    void consumerOfOneStreamReadsThatStreamAlone() {
        assertThat(builder.fanOut(CONSUMER).settings().fanOut()).isEqualTo(new FanOutConsumer.Registered(CONSUMER));
        builder.stream("clicks");
        refused(
                () -> builder.build(),
                "consumer " + CONSUMER + " reads stream orders alone, and this worker reads orders,"
                        + " clicks; give fan-out a consumer's name, which counts for every stream");
    }

    @ParameterizedTest
    @ValueSource(strings = {"clicks", "arn:aws:kinesis:us-east-1:222222222222:stream/orders"})
    void consumerOfAnotherStreamIsRefused(String stream) {
        WorkerBuilder other = Worker.builder().application("app").stream(stream).processor(() -> PROCESSOR);
        refused(() -> other.fanOut(CONSUMER).build(), "reads stream orders alone");
    }

    @Test
    void consumerMayBelongToAStreamThatIsGivenByItsArn() {
        WorkerBuilder same = Worker.builder().application("app").stream(
                        "arn:aws:kinesis:us-east-1:111111111111:stream/orders")
                .processor(() -> PROCESSOR)
                .fanOut(CONSUMER);
        assertThat(same.settings().fanOut()).isEqualTo(new FanOutConsumer.Registered(CONSUMER));
    }

    private static void refused(ThrowingCallable call, String line) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(line);
    }

    private static void refused(ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class);
    }
}
