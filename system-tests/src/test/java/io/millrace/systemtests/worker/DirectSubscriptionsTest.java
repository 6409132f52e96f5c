package io.millrace.systemtests.worker;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.fanout.kinesis.DirectKinesis;
import io.millrace.fanout.kinesis.KinesisStreams;
import io.millrace.fanout.pipe.FanOutConsumer;
import io.millrace.fanout.pipe.KinesisPipes;
import io.millrace.fanout.pipe.PipeClient;
import io.millrace.fanout.pipe.PipeEnd;
import io.millrace.fanout.pipe.PipeEvent;
import io.millrace.fanout.pipe.ShardPipes;
import io.millrace.model.Position;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.streamcore.StreamServer;
import io.millrace.streamcore.api.push.PushSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** Subscriptions past the SDK's machinery, to a real server: they bring what the SDK's bring, and end as those do. */
@Timeout(60)
class DirectSubscriptionsTest {
    private static final StreamName STREAM = new StreamName("direct");
    private static final ShardId FIRST = ShardId.of(0);
    private static final String MIDDLE = "170141183460469231731687303715884105728";
    private static final PushSettings SMALL_EVENTS =
            new PushSettings(Duration.ofMinutes(5), Duration.ofMillis(100), Duration.ZERO, 40, 100 << 10);

    @TempDir
    private Path folder;

    @Test
    void eventsAreThoseOfTheSdkToTheEndOfTheShard() throws Exception {
        try (StreamServer server = server(it -> it.push(SMALL_EVENTS));
                DirectKinesis kinesis = kinesis(server, InstantSource.system())) {
            create(kinesis.client());
            putAll(kinesis.client());
            split(kinesis.client());
            List<Told> direct = readToTheEnd(direct(kinesis, "one"), Position.trimHorizon());
            List<Told> sdk = readToTheEnd(
                    new KinesisPipes(kinesis.client(), new KinesisStreams(kinesis), FanOutConsumer.of("two")),
                    Position.trimHorizon());
            assertThat(records(direct)).hasSize(303).isEqualTo(records(sdk));
            assertThat(kinesis.subscriptions()
                            .orElseThrow()
                            .endpoint(consumerArns(kinesis.client()).get(0))
                            .join())
                    .as("where they go past the SDK")
                    .isPresent();
            PipeEvent last = lastEvent(direct);
            assertThat(last.continuation()).isNull();
            assertThat(last.children()).hasSize(2).isEqualTo(lastEvent(sdk).children());
            assertThat(direct.get(direct.size() - 1)).isEqualTo(sdk.get(sdk.size() - 1));
        }
    }

    @Test
    void pipeThatIsHeldBackGetsNoEventBeforeItAsks() throws Exception {
        try (StreamServer server = server(it -> it.push(SMALL_EVENTS));
                DirectKinesis kinesis = kinesis(server, InstantSource.system())) {
            create(kinesis.client());
            for (int i = 0; i < 60; i++) {
                put(kinesis.client(), "k" + i, SdkBytes.fromByteArrayUnsafe(new byte[70_000]));
            }
            split(kinesis.client());
            Reader held = Reader.of(direct(kinesis, "held"), Position.trimHorizon());
            held.pipe().request();
            List<Told> first = List.of(held.take(), held.take());
            assertThat(first.get(0)).isInstanceOf(Told.Opened.class);
            List<Told> other = readToTheEnd(direct(kinesis, "other"), Position.trimHorizon());
            assertThat(held.told).as("what came without being asked for").isEmpty();
            List<Told> rest = held.readToTheEnd();
            List<StreamRecord> all = new ArrayList<>(records(first));
            all.addAll(records(rest));
            assertThat(all).hasSize(60).isEqualTo(records(other));
        }
    }

    @Test
    void subscriptionsThatGoOnFromContinuationsLoseAndRepeatNothing() throws Exception {
        PushSettings shortLives = SMALL_EVENTS.withLife(Duration.ofMillis(150));
        try (StreamServer server = server(it -> it.push(shortLives));
                DirectKinesis kinesis = kinesis(server, InstantSource.system())) {
            create(kinesis.client());
            KinesisPipes pipes = direct(kinesis, "again");
            List<StreamRecord> records = new ArrayList<>();
            Position from = Position.trimHorizon();
            int lives = 0;
            for (boolean isEnded = false; !isEnded; lives++) {
                if (lives < 5) {
                    put(kinesis.client(), "k" + lives, SdkBytes.fromUtf8String("text " + lives));
                } else if (lives == 5) {
                    split(kinesis.client());
                }
                List<Told> life = Reader.of(pipes, from).readToTheEnd();
                assertThat(life.get(life.size() - 1))
                        .isEqualTo(new Told.Ended(PipeEnd.Kind.COMPLETE, "ended by the service"));
                records.addAll(records(life));
                SequenceNumber next = lastEvent(life).continuation();
                isEnded = next == null;
                from = next == null ? from : new Position.AtSequenceNumber(next);
            }
            assertThat(records)
                    .extracting(record -> record.data().toUtf8())
                    .containsExactly("text 0", "text 1", "text 2", "text 3", "text 4");
        }
    }

    @Test
    void subscriptionThatIsTakenOverOrLosesItsConsumerEndsAsTheSdksDo() throws Exception {
        try (StreamServer server = server(it -> it.push(SMALL_EVENTS));
                DirectKinesis kinesis = kinesis(server, InstantSource.system())) {
            create(kinesis.client());
            for (KinesisPipes pipes : List.of(direct(kinesis, "one"), sdk(kinesis, "two"))) {
                Reader taken = Reader.of(pipes, Position.trimHorizon());
                taken.pipe().request();
                assertThat(taken.take()).isInstanceOf(Told.Opened.class);
                Reader taking = Reader.of(pipes, Position.trimHorizon());
                assertThat(end(taken).kind()).isEqualTo(PipeEnd.Kind.IN_USE);
                taking.pipe().request();
                assertThat(taking.take()).isInstanceOf(Told.Opened.class);
                deregisterAll(kinesis.client());
                assertThat(end(taking).kind()).isEqualTo(PipeEnd.Kind.GONE);
            }
        }
    }

    @Test
    void refusalsAreThoseOfTheSdk() throws Exception {
        PushSettings asTheService = PushSettings.DEFAULTS;
        try (StreamServer server = server(it -> it.push(asTheService));
                DirectKinesis kinesis = kinesis(server, InstantSource.system())) {
            create(kinesis.client());
            ShardId unknown = ShardId.of(7);
            Position elsewhere = new Position.AtSequenceNumber(SequenceNumber.of(1_700_000_000, 5, 3, 1_700_000_000));
            assertSameEnd(kinesis, unknown, Position.trimHorizon(), PipeEnd.Kind.GONE);
            assertSameEnd(kinesis, FIRST, elsewhere, PipeEnd.Kind.POSITION_REFUSED);
            Reader first = Reader.of(direct(kinesis, "used"), Position.trimHorizon());
            first.pipe().request();
            assertThat(first.take()).isInstanceOf(Told.Opened.class);
            PipeEnd direct = end(Reader.of(direct(kinesis, "used"), Position.trimHorizon()));
            assertThat(direct.kind()).isEqualTo(PipeEnd.Kind.IN_USE);
            assertThat(direct).isEqualTo(end(Reader.of(sdk(kinesis, "used"), Position.trimHorizon())));
            first.pipe().cancel();
        }
        try (StreamServer server = server(it -> it.faults("SubscribeToShard:throttle=1"));
                DirectKinesis kinesis = kinesis(server, InstantSource.system())) {
            assertSameEnd(kinesis, FIRST, Position.trimHorizon(), PipeEnd.Kind.THROTTLED);
        }
        try (StreamServer server = server(it -> it.push(SMALL_EVENTS).faults("SubscribeToShard:internal=1"));
                DirectKinesis kinesis = kinesis(server, InstantSource.system())) {
            assertSameEnd(kinesis, FIRST, Position.trimHorizon(), PipeEnd.Kind.BROKEN);
        }
    }

    @Test
    void consumerThatMayNotSubscribeIsForbiddenAndAWrongClockIsSetRight() throws Exception {
        String allowed = "\"kinesis:CreateStream\", \"kinesis:Describe*\", \"kinesis:RegisterStreamConsumer\"";
        Path keys = Files.writeString(folder.resolve("keys.json"), """
                {"keys": [{"accessKeyId": "AKIAEXAMPLE000000001", "secretAccessKey": "a-secret-for-tests", "allow": [{"actions": [%s],
                 "streams": ["*"]}]}]}
                """.formatted(allowed));
        Files.setPosixFilePermissions(keys, PosixFilePermissions.fromString("rw-------"));
        InstantSource wrong = () -> Instant.now().plus(Duration.ofDays(1));
        try (StreamServer server = server(it -> it.credentials(keys));
                DirectKinesis kinesis = kinesis(server, wrong)) {
            create(kinesis.client());
            KinesisPipes pipes = direct(kinesis, "one");
            PipeEnd first = end(Reader.of(pipes, Position.trimHorizon()));
            PipeEnd second = end(Reader.of(pipes, Position.trimHorizon()));
            assertThat(first.message()).isNotEqualTo(second.message());
            assertThat(second).isEqualTo(end(Reader.of(sdk(kinesis, "one"), Position.trimHorizon())));
            assertThat(second.kind()).isEqualTo(PipeEnd.Kind.FORBIDDEN);
        }
    }

    @Test
    void cancelledSubscriptionTellsNothingMore() throws Exception {
        try (StreamServer server = server(it -> it.push(SMALL_EVENTS));
                DirectKinesis kinesis = kinesis(server, InstantSource.system())) {
            create(kinesis.client());
            Reader cancelled = Reader.of(direct(kinesis, "one"), Position.trimHorizon());
            cancelled.pipe().cancel();
            Reader open = Reader.of(direct(kinesis, "one"), Position.trimHorizon());
            open.pipe().request();
            assertThat(open.take()).isInstanceOf(Told.Opened.class);
            assertThat(open.take()).isInstanceOf(Told.Event.class);
            open.pipe().cancel();
            Reader next = Reader.of(direct(kinesis, "one"), Position.trimHorizon());
            next.pipe().request();
            assertThat(next.take()).isInstanceOf(Told.Opened.class);
            assertThat(cancelled.told).isEmpty();
            assertThat(open.told).isEmpty();
        }
    }

    private static void assertSameEnd(DirectKinesis kinesis, ShardId shard, Position from, PipeEnd.Kind kind)
            throws Exception {
        PipeEnd direct = end(Reader.of(direct(kinesis, "one"), shard, from));
        assertThat(direct.kind()).isEqualTo(kind);
        assertThat(direct).isEqualTo(end(Reader.of(sdk(kinesis, "one"), shard, from)));
    }

    private static KinesisPipes direct(DirectKinesis kinesis, String consumer) {
        assertThat(kinesis.subscriptions()).isPresent();
        return new KinesisPipes(kinesis, new KinesisStreams(kinesis), FanOutConsumer.of(consumer));
    }

    private static KinesisPipes sdk(DirectKinesis kinesis, String consumer) {
        return new KinesisPipes(kinesis.client(), new KinesisStreams(kinesis), FanOutConsumer.of(consumer));
    }

    private StreamServer server(UnaryOperator<StreamServer.Builder> settings) {
        return settings.apply(StreamServer.builder()
                        .port(0)
                        .dataDirectory(folder.resolve("data"))
                        .transitionTime(Duration.ZERO))
                .start();
    }

    private static DirectKinesis kinesis(StreamServer server, InstantSource clock) {
        return new DirectKinesis(
                PipeClient.create(settings -> settings.endpointOverride(server.endpoint())
                        .region(Region.US_EAST_1)
                        .credentialsProvider(StaticCredentialsProvider.create(
                                AwsBasicCredentials.create("AKIAEXAMPLE000000001", "a-secret-for-tests")))),
                DirectKinesis.http(),
                PipeClient.http().build(),
                clock);
    }

    private static void create(KinesisAsyncClient client) throws Exception {
        var unused = client.createStream(it -> it.streamName(STREAM.value()).shardCount(1))
                .get(30, TimeUnit.SECONDS);
    }

    private static void split(KinesisAsyncClient client) throws Exception {
        var unused = client.splitShard(it -> it.streamName(STREAM.value())
                        .shardToSplit(FIRST.value())
                        .newStartingHashKey(MIDDLE))
                .get(30, TimeUnit.SECONDS);
    }

    private static List<String> consumerArns(KinesisAsyncClient client) throws Exception {
        String arn = client.describeStreamSummary(it -> it.streamName(STREAM.value()))
                .get(30, TimeUnit.SECONDS)
                .streamDescriptionSummary()
                .streamARN();
        return client.listStreamConsumers(it -> it.streamARN(arn)).get(30, TimeUnit.SECONDS).consumers().stream()
                .map(consumer -> consumer.consumerARN())
                .toList();
    }

    private static void deregisterAll(KinesisAsyncClient client) throws Exception {
        for (String arn : consumerArns(client)) {
            var unused =
                    client.deregisterStreamConsumer(it -> it.consumerARN(arn)).get(30, TimeUnit.SECONDS);
        }
    }

    private static void putAll(KinesisAsyncClient client) throws Exception {
        byte[] binary = new byte[70_000];
        for (int i = 0; i < binary.length; i++) {
            binary[i] = (byte) (i * 31);
        }
        put(client, "a", SdkBytes.fromByteArrayUnsafe(binary));
        put(client, "\u00fcml\u00e4ut \"\\ \u2603\n\u0001", SdkBytes.fromUtf8String(""));
        put(client, "\ud83d\ude80", SdkBytes.fromUtf8String("rocket"));
        for (int i = 0; i < 300; i++) {
            put(client, "k" + i, SdkBytes.fromByteArrayUnsafe(new byte[i % 7]));
        }
    }

    private static void put(KinesisAsyncClient client, String key, SdkBytes data) throws Exception {
        var unused = client.putRecord(
                        it -> it.streamName(STREAM.value()).partitionKey(key).data(data))
                .get(30, TimeUnit.SECONDS);
    }

    private static List<Told> readToTheEnd(KinesisPipes pipes, Position from) throws Exception {
        return Reader.of(pipes, from).readToTheEnd();
    }

    private static List<StreamRecord> records(List<Told> told) {
        return told.stream()
                .filter(Told.Event.class::isInstance)
                .flatMap(event -> ((Told.Event) event).event().records().stream())
                .toList();
    }

    private static PipeEvent lastEvent(List<Told> told) {
        return told.stream()
                .filter(Told.Event.class::isInstance)
                .map(event -> ((Told.Event) event).event())
                .reduce((one, next) -> next)
                .orElseThrow();
    }

    private static PipeEnd end(Reader reader) throws Exception {
        reader.pipe().request();
        Told next = reader.take();
        while (!(next instanceof Told.Ended)) {
            reader.pipe().request();
            next = reader.take();
        }
        Told.Ended ended = (Told.Ended) next;
        return new PipeEnd(ended.kind(), ended.message());
    }

    /** What a listener is told. */
    private sealed interface Told {
        record Opened() implements Told {}

        record Event(PipeEvent event) implements Told {}

        record Ended(PipeEnd.Kind kind, String message) implements Told {}
    }

    /** Keeps what it is told. */
    private static final class Reader implements ShardPipes.PipeListener {
        private final BlockingQueue<Told> told = new LinkedBlockingQueue<>();
        private ShardPipes.@Nullable Subscription pipe;

        static Reader of(KinesisPipes pipes, Position from) {
            return of(pipes, FIRST, from);
        }

        static Reader of(KinesisPipes pipes, ShardId shard, Position from) {
            Reader reader = new Reader();
            reader.pipe = pipes.subscribe(STREAM, shard, from, reader);
            return reader;
        }

        ShardPipes.Subscription pipe() {
            return requireNonNull(pipe);
        }

        Told take() throws InterruptedException {
            Told next = told.poll(30, TimeUnit.SECONDS);
            assertThat(next).as("what comes within 30 s").isNotNull();
            return next;
        }

        /** Asks for one event after the other. */
        List<Told> readToTheEnd() throws InterruptedException {
            List<Told> all = new ArrayList<>();
            pipe().request();
            Told next = take();
            all.add(next);
            while (!(next instanceof Told.Ended)) {
                if (next instanceof Told.Event) {
                    pipe().request();
                }
                next = take();
                all.add(next);
            }
            return all;
        }

        @Override
        public void opened() {
            told.add(new Told.Opened());
        }

        @Override
        public void event(PipeEvent event) {
            told.add(new Told.Event(event));
        }

        @Override
        public void ended(PipeEnd end) {
            told.add(new Told.Ended(end.kind(), end.message()));
        }
    }
}
