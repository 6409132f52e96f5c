package io.millrace.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import io.millrace.sim.PassingPlatform;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** Whatever state a worker is in, {@code start()} and {@code close()} return. Real threads, and services that are not there. */
class WorkerEndTest {
    private static final URI NOWHERE = URI.create("http://127.0.0.1:1");
    private static final StaticCredentialsProvider CREDENTIALS =
            StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test"));

    private final KinesisAsyncClient kinesis = KinesisAsyncClient.builder()
            .endpointOverride(NOWHERE)
            .region(Region.US_EAST_1)
            .credentialsProvider(CREDENTIALS)
            .build();
    private final DynamoDbAsyncClient dynamoDb = DynamoDbAsyncClient.builder()
            .endpointOverride(NOWHERE)
            .region(Region.US_EAST_1)
            .credentialsProvider(CREDENTIALS)
            .build();

    @AfterEach
    void closeClients() {
        kinesis.close();
        dynamoDb.close();
    }

    @Test
    void closeEndsAStartThatWaits() {
        CompletableFuture<Void> begun = new CompletableFuture<>();
        Worker worker = builder()
                .platform(new OtherLoops((real, name) -> {
                    begun.complete(null);
                    return real.newEventLoop(name);
                }))
                .build();
        CompletableFuture<Void> start = CompletableFuture.runAsync(worker::start);
        begun.orTimeout(30, TimeUnit.SECONDS).join();
        worker.close();
        assertThatThrownBy(() -> start.get(30, TimeUnit.SECONDS)).hasCauseInstanceOf(WorkerException.class);
    }

    @Test
    void errorWhileAWorkerIsMadeFailsTheStartAndTheCloseReturns() {
        NoSuchMethodError missing = new NoSuchMethodError("a method of another version");
        Platform platform = new OtherLoops((real, name) -> {
            throw missing;
        });
        try (Worker worker = builder().platform(platform).build()) {
            assertThatThrownBy(worker::start)
                    .isInstanceOf(WorkerException.class)
                    .hasMessageContaining("could not start: java.lang.NoSuchMethodError: a method of another version")
                    .hasCause(missing);
        }
    }

    @Test
    void errorInOneOfItsThreadsLeavesNoOtherBehind() {
        CompletableFuture<Void> closed = new CompletableFuture<>();
        Platform platform = new OtherLoops((real, name) -> {
            if (name.startsWith("leases-")) {
                throw new OutOfMemoryError("unable to create native thread");
            }
            EventLoop loop = real.newEventLoop(name);
            if (name.equals("millrace-worker")) {
                CompletableFuture<Void> unused = loop.closed().thenAccept(closed::complete);
            }
            return loop;
        });
        try (Worker worker = builder().platform(platform).build()) {
            assertThatThrownBy(worker::start).isInstanceOf(WorkerException.class);
        }
        closed.orTimeout(30, TimeUnit.SECONDS).join();
    }

    @Test
    void closeReturnsThoughTheWorkersLoopIsBlocked() {
        CompletableFuture<Void> begun = new CompletableFuture<>();
        CompletableFuture<Void> blocked = new CompletableFuture<>();
        Platform platform = new OtherLoops((real, name) -> {
            EventLoop loop = real.newEventLoop(name);
            if (name.equals("millrace-worker")) {
                loop.execute(() -> {
                    begun.complete(null);
                    blocked.orTimeout(50, TimeUnit.SECONDS).join();
                });
            }
            return loop;
        });
        Worker worker = builder().platform(platform).build();
        CompletableFuture<Void> start = CompletableFuture.runAsync(worker::start);
        begun.orTimeout(30, TimeUnit.SECONDS).join();
        worker.close(Duration.ofMillis(1));
        assertThatThrownBy(start::join).hasCauseInstanceOf(WorkerException.class);
        blocked.complete(null);
    }

    @Test
    void placesOfTheServicesAreKnownForTheLog() {
        assertThat(WorkerClients.of(builder().settings()).places())
                .isEqualTo("DynamoDB at http://127.0.0.1:1, Kinesis at http://127.0.0.1:1");
    }

    private WorkerBuilder builder() {
        return Worker.builder().application("app").stream("orders")
                .processor(() -> batch -> {})
                .kinesisClient(kinesis)
                .dynamoDbClient(dynamoDb);
    }

    /** The real platform with other event loops. */
    private static final class OtherLoops extends PassingPlatform {
        private final BiFunction<Platform, String, EventLoop> loops;
        private final Platform real;

        OtherLoops(BiFunction<Platform, String, EventLoop> loops) {
            this(new SystemPlatform(), loops);
        }

        private OtherLoops(Platform real, BiFunction<Platform, String, EventLoop> loops) {
            super(real);
            this.real = real;
            this.loops = loops;
        }

        @Override
        public EventLoop newEventLoop(String name) {
            return name.equals("millrace-close") ? real.newEventLoop(name) : loops.apply(real, name);
        }
    }
}
