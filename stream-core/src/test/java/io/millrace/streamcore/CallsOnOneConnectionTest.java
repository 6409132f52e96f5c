package io.millrace.streamcore;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streamcore.log.FsyncPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/**
 * Many calls at a time on one plain HTTP/2 connection of the SDK's asynchronous client, each time on a fresh server.
 * {@code -Dcalls.rounds=40} tries it so often.
 */
@Timeout(600)
class CallsOnOneConnectionTest {
    private static final String STREAM = "orders";
    private static final int CALLS = 1000;
    private static final int RECORDS = 10;

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @Test
    void thousandConcurrentReadsOnOneConnectionAllSucceed() throws Exception {
        int rounds = Integer.getInteger("calls.rounds", 2);
        List<String> failures = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            failures.addAll(failuresOf(folder.resolve("round" + round)));
        }
        assertThat(failures).as("failed calls of %d rounds", rounds).isEmpty();
    }

    /** The calls that failed, in words. No call is tried again. */
    private static List<String> failuresOf(Path data) throws Exception {
        try (StreamServer server = StreamServer.builder()
                        .port(0)
                        .dataDirectory(data)
                        .fsync(FsyncPolicy.NEVER)
                        .transitionTime(Duration.ZERO)
                        .start();
                KinesisAsyncClient client = client(server)) {
            client.createStream(b -> b.streamName(STREAM).shardCount(1)).get(20, TimeUnit.SECONDS);
            List<PutRecordsRequestEntry> records = new ArrayList<>();
            for (int i = 0; i < RECORDS; i++) {
                records.add(PutRecordsRequestEntry.builder()
                        .partitionKey("key" + i)
                        .data(SdkBytes.fromByteArray(new byte[100]))
                        .build());
            }
            client.putRecords(b -> b.streamName(STREAM).records(records)).get(20, TimeUnit.SECONDS);
            String iterator = client.getShardIterator(b -> b.streamName(STREAM)
                            .shardId("shardId-000000000000")
                            .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
                    .get(20, TimeUnit.SECONDS)
                    .shardIterator();
            List<CompletableFuture<String>> calls = new ArrayList<>();
            for (int i = 0; i < CALLS; i++) {
                calls.add(client.getRecords(b -> b.shardIterator(iterator)).handle(CallsOnOneConnectionTest::failure));
            }
            List<String> failures = new ArrayList<>();
            for (CompletableFuture<String> call : calls) {
                failures.add(call.get(60, TimeUnit.SECONDS));
            }
            failures.removeIf(String::isEmpty);
            assertThat(server.metrics()
                            .get("millrace.server.connections")
                            .gauge()
                            .value())
                    .isEqualTo(1);
            return failures;
        }
    }

    private static String failure(GetRecordsResponse page, @Nullable Throwable error) {
        if (error != null) {
            return error.toString();
        }
        return page.records().size() == RECORDS ? "" : page.records().size() + " records";
    }

    private static KinesisAsyncClient client(StreamServer server) {
        return KinesisAsyncClient.builder()
                .endpointOverride(server.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("key", "secret")))
                .overrideConfiguration(
                        b -> b.retryStrategy(r -> r.maxAttempts(1)).apiCallTimeout(Duration.ofSeconds(60)))
                .httpClientBuilder(NettyNioAsyncHttpClient.builder()
                        .protocol(Protocol.HTTP2)
                        .maxConcurrency(CALLS)
                        .connectionAcquisitionTimeout(Duration.ofSeconds(60))
                        .readTimeout(Duration.ofSeconds(60))
                        .http2Configuration(h -> h.maxStreams((long) CALLS).healthCheckPingPeriod(Duration.ZERO)))
                .build();
    }
}
