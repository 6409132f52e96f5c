package io.millrace.cli.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cli.terminal.CommandFailure;
import io.millrace.model.Position;
import io.millrace.model.aggregate.Aggregates;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.SystemPlatform;
import io.millrace.streamcore.StreamServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;

@Timeout(120)
class StreamTailTest {
    private static final long WAIT_SECONDS = 60;

    @TempDir
    private Path folder;

    private final SystemPlatform platform = new SystemPlatform();
    private final BlockingQueue<String> printed = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> notes = new LinkedBlockingQueue<>();
    private final CompletableFuture<GetRecordsResponse> answered = new CompletableFuture<>();
    private EventLoop loop;
    private StreamServer server;
    private KinesisAsyncClient kinesis;

    @BeforeEach
    void startServer() {
        loop = platform.newEventLoop("tail");
        server = start(0);
        kinesis = KinesisAsyncClient.builder()
                .endpointOverride(server.endpoint())
                .overrideConfiguration(config -> config.addExecutionInterceptor(new FirstRead(answered)))
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
                .build();
        new StreamAdmin(kinesis).create("s", 1);
    }

    @AfterEach
    void stopServer() {
        loop.close();
        kinesis.close();
        server.close();
    }

    @Test
    void goesOnBehindTheLastRecordAfterTheServerWasStartedAgain() throws InterruptedException {
        put("one");
        StreamTail tail = tail(Duration.ofSeconds(WAIT_SECONDS), Position.trimHorizon());
        assertThat(next()).isEqualTo("one");

        restart();
        put("two");

        assertThat(next()).isEqualTo("two");
        assertThat(tail.ended()).isNotDone();
    }

    @Test
    void latestIsThePlaceOfBeforeTheOutageThoughNothingHadBeenRead() throws InterruptedException {
        StreamTail tail = tail(Duration.ofSeconds(WAIT_SECONDS), Position.latest());
        // The tail stands at the tip.
        assertThat(answered.orTimeout(WAIT_SECONDS, TimeUnit.SECONDS).join().records())
                .isEmpty();

        restart();
        put("put while the tail was away");

        assertThat(next()).isEqualTo("put while the tail was away");
        assertThat(tail.ended()).isNotDone();
    }

    @Test
    void givesUpWhenThePatienceIsOverAndSaysWhereItStopped() throws InterruptedException {
        put("one");
        StreamTail tail = tail(Duration.ofSeconds(1), Position.trimHorizon());
        assertThat(next()).isEqualTo("one");

        server.close();

        assertThatThrownBy(() -> tail.ended().get(WAIT_SECONDS, TimeUnit.SECONDS))
                .hasCauseInstanceOf(CommandFailure.class)
                .hasMessageContaining("gave up after 1 s: ")
                .hasMessageContaining("reading stopped in shardId-000000000000, the last one printed is 49");
    }

    private StreamTail tail(Duration patience, Position.Initial from) {
        StreamTail tail = new StreamTail(
                kinesis,
                loop,
                platform.random(),
                new StreamTail.Subject("s", Aggregates.SPLIT),
                new Patience(patience, platform.ticker(), String::valueOf, notes::add),
                (shard, records) ->
                        records.forEach(record -> printed.add(record.data().toUtf8())));
        tail.start(new StreamAdmin(kinesis).shards("s"), from);
        return tail;
    }

    private String next() throws InterruptedException {
        return printed.poll(WAIT_SECONDS, TimeUnit.SECONDS);
    }

    private void put(String data) {
        var unused = kinesis.putRecord(
                        request -> request.streamName("s").partitionKey("k").data(SdkBytes.fromUtf8String(data)))
                .join();
    }

    /** A new server knows nothing of the old one's iterators. */
    private void restart() {
        int port = server.endpoint().getPort();
        server.close();
        server = start(port);
    }

    private StreamServer start(int port) {
        return StreamServer.builder()
                .port(port)
                .dataDirectory(folder)
                .transitionTime(Duration.ZERO)
                .start();
    }

    /** Sees the first answer of GetRecords. */
    private record FirstRead(CompletableFuture<GetRecordsResponse> answered) implements ExecutionInterceptor {
        @Override
        public void afterExecution(Context.AfterExecution context, ExecutionAttributes attributes) {
            if (context.response() instanceof GetRecordsResponse answer) {
                answered.complete(answer);
            }
        }
    }
}
