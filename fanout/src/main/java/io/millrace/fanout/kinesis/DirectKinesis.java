package io.millrace.fanout.kinesis;

import static java.util.Objects.requireNonNull;

import io.millrace.fanout.kinesis.KinesisStreams.Address;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkSystemSetting;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisServiceClientConfiguration;

/**
 * A client of the SDK, and beside it a way to read records that costs a fraction of the CPU time. Both have the client's
 * credentials, region and endpoint. Calls of that way pass by the SDK's interceptors, metrics and retries: where the class path
 * brings interceptors for all clients, or where CBOR is switched off ({@code AWS_CBOR_DISABLE}), the SDK reads instead.
 *
 * <p>Safe for any thread.
 */
public final class DirectKinesis implements AutoCloseable {
    /** What the SDK loads interceptors for all its clients from. */
    private static final String GLOBAL_INTERCEPTORS = "software/amazon/awssdk/global/handlers/execution.interceptors";

    private final Map<Address, DirectStream> streams = new ConcurrentHashMap<>();
    private final KinesisAsyncClient client;
    private final SdkAsyncHttpClient http;
    private final @Nullable SdkAsyncHttpClient pipes;
    private final @Nullable SignedCalls calls;
    private final @Nullable DirectSubscriptions subscriptions;

    /**
     * One that reads pages; the SDK subscribes. Takes over both clients: they are closed with this one.
     *
     * @param client was built with {@link #prepare}
     * @param http carries the reads
     * @param clock what requests are signed with, until the service says that it is wrong
     */
    public DirectKinesis(KinesisAsyncClient client, SdkAsyncHttpClient http, InstantSource clock) {
        this(client, http, null, clock);
    }

    /**
     * One that also subscribes.
     *
     * @param pipes carries the subscriptions, each for five minutes and all at once; null where the SDK subscribes
     */
    public DirectKinesis(
            KinesisAsyncClient client,
            SdkAsyncHttpClient http,
            @Nullable SdkAsyncHttpClient pipes,
            InstantSource clock) {
        this.client = requireNonNull(client, "client");
        this.http = requireNonNull(http, "http");
        this.pipes = pipes;
        boolean isDirect = !isCborOff() && !hasGlobalInterceptors();
        this.calls = isDirect ? calls(client, http, clock) : null;
        this.subscriptions =
                isDirect && pipes != null ? new DirectSubscriptions(client, calls(client, pipes, clock)) : null;
    }

    private static SignedCalls calls(KinesisAsyncClient client, SdkAsyncHttpClient http, InstantSource clock) {
        KinesisServiceClientConfiguration settings = client.serviceClientConfiguration();
        return new SignedCalls(
                http, settings.credentialsProvider(), settings.region().id(), clock);
    }

    /** One with the SDK's standard settings for region, endpoint and credentials. */
    public static DirectKinesis create(InstantSource clock) {
        return new DirectKinesis(
                KinesisAsyncClient.builder()
                        .overrideConfiguration(DirectKinesis::prepare)
                        .build(),
                http(),
                clock);
    }

    /** An HTTP client that fits the reads. */
    public static SdkAsyncHttpClient http() {
        return NettyNioAsyncHttpClient.create();
    }

    /** Makes a client fit for this: its settings must pass through here. */
    public static void prepare(ClientOverrideConfiguration.Builder settings) {
        settings.addExecutionInterceptor(new EndpointWatch());
    }

    /** For all calls but reads. */
    public KinesisAsyncClient client() {
        return client;
    }

    /** True where records are read past the SDK; false where the class says that the SDK reads them. */
    public boolean isDirect() {
        return calls != null;
    }

    /** Reads a stream's shards. */
    DirectStream stream(Address address) {
        return streams.computeIfAbsent(address, unused -> new DirectStream(client, calls, address));
    }

    /** Subscribes to shards past the SDK; empty where the SDK subscribes. */
    public Optional<DirectSubscriptions> subscriptions() {
        return Optional.ofNullable(subscriptions);
    }

    @Override
    public void close() {
        client.close();
        http.close();
        SdkAsyncHttpClient carrier = pipes;
        if (carrier != null) {
            carrier.close();
        }
    }

    private static boolean isCborOff() {
        return !SdkSystemSetting.CBOR_ENABLED.getBooleanValue().orElse(true);
    }

    private static boolean hasGlobalInterceptors() {
        try {
            return DirectKinesis.class
                    .getClassLoader()
                    .getResources(GLOBAL_INTERCEPTORS)
                    .hasMoreElements();
        } catch (IOException unreadable) {
            return true;
        }
    }
}
