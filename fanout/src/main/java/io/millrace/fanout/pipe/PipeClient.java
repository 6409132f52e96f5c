package io.millrace.fanout.pipe;

import io.millrace.fanout.kinesis.DirectKinesis;
import java.time.Duration;
import java.util.function.Consumer;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClientBuilder;

/**
 * Makes clients that fit subscriptions. The SDK's own default has 50 streams at once, where each pipe is one, and takes a pipe
 * for dead that back-pressure holds for ten seconds.
 */
public final class PipeClient {
    /** Of every pipe: the service sends no more than that ahead of its reader. */
    private static final int WINDOW = 256 << 10;

    private static final int PIPES = 10_000;

    /** Beyond the five minutes that a subscription lives; {@link PipeSettings#silence()} finds silent ones sooner. */
    private static final Duration READ_TIMEOUT = Duration.ofMinutes(6);

    /** Of all calls but subscriptions, which bring a time limit of their own. */
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(30);

    private PipeClient() {}

    /**
     * A client with the SDK's standard settings for region, endpoint and credentials.
     *
     * @param settings may change them
     */
    public static KinesisAsyncClient create(Consumer<KinesisAsyncClientBuilder> settings) {
        KinesisAsyncClientBuilder builder =
                KinesisAsyncClient.builder().httpClientBuilder(http()).overrideConfiguration(PipeClient::limit);
        settings.accept(builder);
        return builder.build();
    }

    /** The HTTP side of such a client, for those who build their own. */
    public static NettyNioAsyncHttpClient.Builder http() {
        return NettyNioAsyncHttpClient.builder()
                .protocol(Protocol.HTTP2)
                .maxConcurrency(PIPES)
                .maxPendingConnectionAcquires(PIPES)
                .connectionAcquisitionTimeout(Duration.ofSeconds(10))
                .readTimeout(READ_TIMEOUT)
                .http2Configuration(http2 -> http2.initialWindowSize(WINDOW));
    }

    /** The limits of such a client's calls, for those who build their own. */
    public static void limit(ClientOverrideConfiguration.Builder calls) {
        DirectKinesis.prepare(calls);
        // A source tries again by itself, from the exact place.
        calls.retryStrategy(tries -> tries.maxAttempts(1)).apiCallTimeout(CALL_TIMEOUT);
    }
}
