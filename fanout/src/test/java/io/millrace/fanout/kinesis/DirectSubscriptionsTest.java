package io.millrace.fanout.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.millrace.model.Position;
import io.millrace.model.ShardId;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** Subscriptions to a server that answers what no service does; a real one answers in the system tests. */
@Timeout(60)
class DirectSubscriptionsTest {
    private static final String CONSUMER =
            "arn:aws:kinesis:us-east-1:000000000000:stream/orders/consumer/one:1700000000";
    private static final String EVENT_STREAM = "application/vnd.amazon.eventstream";

    private static final StaticCredentialsProvider CREDENTIALS =
            StaticCredentialsProvider.create(AwsBasicCredentials.create("a", "b"));

    private final AtomicInteger calls = new AtomicInteger();
    private HttpServer server;
    private KinesisAsyncClient client;
    private SdkAsyncHttpClient http;
    private String type = EVENT_STREAM;
    private byte[] body = {};

    @BeforeEach
    void startServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            calls.incrementAndGet();
            exchange.getRequestBody().readAllBytes();
            exchange.getResponseHeaders().set("Content-Type", type);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        client = KinesisAsyncClient.builder()
                .endpointOverride(
                        URI.create("http://127.0.0.1:" + server.getAddress().getPort()))
                .region(Region.US_EAST_1)
                .credentialsProvider(CREDENTIALS)
                .overrideConfiguration(DirectKinesis::prepare)
                .build();
        http = DirectKinesis.http();
    }

    @AfterEach
    void stopServer() {
        client.close();
        http.close();
        server.stop(0);
    }

    @Test
    void endpointIsAskedOfTheSdkAndNothingIsSent() throws Exception {
        assertThat(subscriptions().endpoint(CONSUMER).get(30, TimeUnit.SECONDS)).isPresent();
        assertThat(calls).hasValue(0);
    }

    @Test
    void answersThatCannotBeReadBringTheSdkBack() throws Exception {
        byte[] good = new Frame()
                .text(":message-type", "event")
                .text(":event-type", "SubscribeToShardEvent")
                .payload("{}");
        byte[] damaged = good.clone();
        damaged[good.length - 1] ^= 1;
        byte[] strange = new Frame()
                .text(":message-type", "event")
                .text(":event-type", "SubscribeToShardEvent")
                .payload("{\"Records\":7}");
        for (byte[] answer : List.of(damaged, strange, new byte[100])) {
            body = answer;
            assertThat(endOf(true)).isInstanceOf(IllegalArgumentException.class);
        }
        type = "text/html";
        assertThat(endOf(true)).isInstanceOf(IOException.class).hasMessageContaining("text/html");
    }

    @Test
    void streamThatEndsWithinAMessageIsBrokenAndTheNextOneIsReadHereAgain() throws Exception {
        byte[] good = new Frame()
                .text(":message-type", "event")
                .text(":event-type", "SubscribeToShardEvent")
                .payload("{}");
        body = Arrays.copyOf(good, good.length - 1);
        assertThat(endOf(false)).isInstanceOf(IOException.class);
        body = good;
        assertThat(endOf(false)).isNull();
    }

    /** Subscribes once, and checks whether the SDK is to do it from then on. */
    private @Nullable Throwable endOf(boolean bySdkNext) throws Exception {
        DirectSubscriptions subscriptions = subscriptions();
        URI endpoint =
                subscriptions.endpoint(CONSUMER).get(30, TimeUnit.SECONDS).orElseThrow();
        CompletableFuture<@Nullable Throwable> end = new CompletableFuture<>();
        DirectSubscription.Listener listener = new DirectSubscription.Listener() {
            @Override
            public void opened() {}

            @Override
            public void event(SubscriptionEvent event) {}

            @Override
            public void ended(@Nullable Throwable error) {
                end.complete(error);
            }
        };
        DirectSubscription open =
                subscriptions.subscribe(endpoint, CONSUMER, ShardId.of(0), Position.trimHorizon(), listener);
        open.request();
        open.request();
        Throwable error = end.get(30, TimeUnit.SECONDS);
        assertThat(subscriptions.endpoint(CONSUMER).get(30, TimeUnit.SECONDS).isEmpty())
                .isEqualTo(bySdkNext);
        return error;
    }

    private DirectSubscriptions subscriptions() {
        return new DirectSubscriptions(client, new SignedCalls(http, CREDENTIALS, "us-east-1", InstantSource.system()));
    }
}
