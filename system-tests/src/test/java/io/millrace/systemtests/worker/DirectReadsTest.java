package io.millrace.systemtests.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.fanout.ShardIterator;
import io.millrace.fanout.ShardPage;
import io.millrace.fanout.ShardReadException;
import io.millrace.fanout.ShardReader;
import io.millrace.fanout.kinesis.DirectKinesis;
import io.millrace.fanout.kinesis.KinesisStreams;
import io.millrace.model.Position;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamArn;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.streamcore.StreamServer;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** Pages that are read past the SDK's machinery, from a real server: they are those that the SDK reads. */
class DirectReadsTest {
    private static final StreamName STREAM = new StreamName("direct");
    private static final ShardId FIRST = ShardId.of(0);

    @TempDir
    private Path folder;

    @Test
    void pagesAreThoseOfTheSdkByNameAndByArnToTheEndOfTheShard() {
        try (StreamServer server = server("throttle=0");
                DirectKinesis direct = direct(server.endpoint(), InstantSource.system())) {
            create(direct.client());
            byte[] binary = new byte[70_000];
            for (int i = 0; i < binary.length; i++) {
                binary[i] = (byte) (i * 31);
            }
            put(direct.client(), "a", SdkBytes.fromByteArrayUnsafe(binary));
            put(direct.client(), "\u00fcml\u00e4ut \u2603", SdkBytes.fromUtf8String(""));
            for (int i = 0; i < 300; i++) {
                put(direct.client(), "k" + i % 7, SdkBytes.fromUtf8String("record " + i));
            }
            direct.client()
                    .splitShard(it -> it.streamName(STREAM.value())
                            .shardToSplit(FIRST.value())
                            .newStartingHashKey("7"))
                    .join();
            assertSamePages(direct, STREAM);
            StreamName byArn = new KinesisStreams(direct)
                    .nameOf(StreamArn.parse("arn:aws:kinesis:us-east-1:000000000000:stream/direct"))
                    .join();
            assertSamePages(direct, byArn);
        }
    }

    @Test
    void refusalsAreOfTheSameKinds() {
        try (StreamServer server = server("GetRecords:throttle=1");
                DirectKinesis direct = direct(server.endpoint(), InstantSource.system())) {
            create(direct.client());
            ShardReader reader = new KinesisStreams(direct).reader(STREAM, FIRST);
            ShardIterator begin = reader.getIterator(Position.trimHorizon()).join();
            assertKind(reader, begin, ShardReadException.Kind.THROTTLED);
        }
        try (StreamServer server = server("throttle=0");
                DirectKinesis direct = direct(server.endpoint(), InstantSource.system())) {
            ShardReader reader = new KinesisStreams(direct).reader(STREAM, FIRST);
            ShardIterator begin = reader.getIterator(Position.trimHorizon()).join();
            assertKind(reader, new ShardIterator("nonsense"), ShardReadException.Kind.ITERATOR_EXPIRED);
            direct.client().deleteStream(it -> it.streamName(STREAM.value())).join();
            assertKind(reader, begin, ShardReadException.Kind.GONE);
        }
    }

    @Test
    void readsGoOnThoughThisMachinesClockIsADayOff() throws Exception {
        Path keys = Files.writeString(
                folder.resolve("keys.json"),
                "{\"keys\": [{\"accessKeyId\": \"AKIAEXAMPLE000000001\", \"secretAccessKey\": \"a-secret-for-tests\", \"allow\": [{\"actions\": [\"*\"], \"streams\": [\"*\"]}]}]}");
        Files.setPosixFilePermissions(keys, PosixFilePermissions.fromString("rw-------"));
        InstantSource wrong = () -> Instant.now().plus(Duration.ofDays(1));
        try (StreamServer server = StreamServer.builder()
                        .port(0)
                        .dataDirectory(folder.resolve("data"))
                        .transitionTime(Duration.ZERO)
                        .credentials(keys)
                        .start();
                DirectKinesis direct = direct(server.endpoint(), wrong)) {
            create(direct.client());
            put(direct.client(), "k", SdkBytes.fromUtf8String("one"));
            ShardReader reader = new KinesisStreams(direct).reader(STREAM, FIRST);
            ShardIterator begin = reader.getIterator(Position.trimHorizon()).join();
            assertThat(reader.getRecords(begin, 10).join().records()).hasSize(1);
        }
    }

    @Test
    void placesAreThoseOfTheSdkAndNoCallOfTheSdkFindsThem() {
        AtomicInteger answered = new AtomicInteger();
        try (StreamServer server = server("throttle=0");
                DirectKinesis direct = direct(server.endpoint(), InstantSource.system(), answered)) {
            create(direct.client());
            for (int i = 0; i < 5; i++) {
                put(direct.client(), "k", SdkBytes.fromUtf8String("record " + i));
            }
            ShardReader reader = new KinesisStreams(direct).reader(STREAM, FIRST);
            ShardReader sdk = new KinesisStreams(direct.client()).reader(STREAM, FIRST);
            StreamRecord third = sdk.getRecords(
                            sdk.getIterator(Position.trimHorizon()).join(), 10)
                    .join()
                    .records()
                    .get(2);
            for (Position position : List.of(
                    Position.trimHorizon(),
                    Position.latest(),
                    new Position.AtSequenceNumber(third.sequenceNumber()),
                    new Position.AfterSequenceNumber(third.sequenceNumber()),
                    new Position.AfterRecord(third.position()))) {
                answered.set(0);
                ShardIterator found = reader.getIterator(position).join();
                assertThat(answered).as("%s", position).hasValue(0);
                assertThat(found.madeAt()).as("%s", position).isPresent();
                assertThat(reader.getRecords(found, 10).join().records())
                        .as("%s", position)
                        .isEqualTo(sdk.getRecords(sdk.getIterator(position).join(), 10)
                                .join()
                                .records());
            }
            answered.set(0);
            ShardIterator then = reader.getIterator(new Position.AtTimestamp(third.arrival()))
                    .join();
            assertThat(answered).as("a time is asked for by the SDK").hasValue(1);
            assertThat(reader.getRecords(then, 10).join().records()).contains(third);

            Position elsewhere = new Position.AtSequenceNumber(SequenceNumber.of(1_700_000_000, 5, 3, 1_700_000_000));
            assertKind(reader.getIterator(elsewhere), ShardReadException.Kind.POSITION_REFUSED);
            assertKind(
                    new KinesisStreams(direct).reader(STREAM, ShardId.of(7)).getIterator(Position.latest()),
                    ShardReadException.Kind.GONE);
        }
    }

    private static void assertSamePages(DirectKinesis direct, StreamName stream) {
        assertThat(direct.isDirect()).isTrue();
        ShardReader reader = new KinesisStreams(direct).reader(stream, FIRST);
        ShardReader sdk = new KinesisStreams(direct.client()).reader(stream, FIRST);
        ShardIterator at = reader.getIterator(Position.trimHorizon()).join();
        int records = 0;
        ShardPage page;
        do {
            page = reader.getRecords(at, 100).join();
            ShardPage same = sdk.getRecords(at, 100).join();
            assertThat(page.records()).isEqualTo(same.records());
            assertThat(page.children()).isEqualTo(same.children());
            assertThat(page.nextOrNull() == null).isEqualTo(same.nextOrNull() == null);
            records += page.records().size();
            at = page.nextOrNull();
        } while (at != null);
        assertThat(records).isEqualTo(302);
        assertThat(page.children()).hasSize(2);
    }

    private static void assertKind(ShardReader reader, ShardIterator iterator, ShardReadException.Kind kind) {
        assertKind(reader.getRecords(iterator, 10), kind);
    }

    private static void assertKind(CompletableFuture<?> answer, ShardReadException.Kind kind) {
        assertThatThrownBy(answer::join)
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        ShardReadException.class,
                        error -> assertThat(error.kind()).isEqualTo(kind));
    }

    private StreamServer server(String faults) {
        return StreamServer.builder()
                .port(0)
                .dataDirectory(folder.resolve("data"))
                .transitionTime(Duration.ZERO)
                .faults(faults)
                .start();
    }

    private static DirectKinesis direct(URI endpoint, InstantSource clock) {
        return direct(endpoint, clock, new AtomicInteger());
    }

    /** @param answered counts what the SDK's client is answered */
    private static DirectKinesis direct(URI endpoint, InstantSource clock, AtomicInteger answered) {
        return new DirectKinesis(
                KinesisAsyncClient.builder()
                        .endpointOverride(endpoint)
                        .region(Region.US_EAST_1)
                        .credentialsProvider(StaticCredentialsProvider.create(
                                AwsBasicCredentials.create("AKIAEXAMPLE000000001", "a-secret-for-tests")))
                        .overrideConfiguration(calls -> {
                            DirectKinesis.prepare(calls);
                            calls.addExecutionInterceptor(new ExecutionInterceptor() {
                                @Override
                                public void afterTransmission(
                                        Context.AfterTransmission context, ExecutionAttributes attributes) {
                                    answered.incrementAndGet();
                                }
                            });
                        })
                        .build(),
                DirectKinesis.http(),
                clock);
    }

    private static void create(KinesisAsyncClient client) {
        client.createStream(it -> it.streamName(STREAM.value()).shardCount(1)).join();
    }

    private static void put(KinesisAsyncClient client, String key, SdkBytes data) {
        client.putRecord(it -> it.streamName(STREAM.value()).partitionKey(key).data(data))
                .join();
    }
}
