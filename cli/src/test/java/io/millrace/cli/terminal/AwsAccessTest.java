package io.millrace.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.millrace.consumer.WorkerException;
import io.millrace.lease.table.DynamoLeaseTable;
import io.millrace.lease.table.Entity;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

@Timeout(60)
class AwsAccessTest {
    private static final String DYNAMODB = "aws.endpointUrlDynamoDb";
    private static final String KINESIS = "aws.endpointUrlKinesis";

    private final AwsAccess access = new AwsAccess(
            new Terminal(
                    OutputStream.nullOutputStream(),
                    new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
                    false,
                    false,
                    new ScreenSize(24, 80)),
            Map.of(),
            new TimeLimits(Duration.ofMillis(100), Duration.ofMillis(300)));

    @AfterEach
    void forgetEndpoints() {
        System.clearProperty(DYNAMODB);
        System.clearProperty(KINESIS);
    }

    @Test
    void lineNamesTheTablesThatTakeConnectionsAndSayNothing() throws IOException {
        try (ServerSocket silent = silent()) {
            System.setProperty(DYNAMODB, endpoint(silent));
            try (DynamoDbAsyncClient client = access.dynamoDb()) {
                DynamoLeaseTable table = new DynamoLeaseTable(client, "millrace", "app");

                assertThat(new ErrorLine(access)
                                .of(catchThrowable(
                                        () -> table.get(Entity.leader()).get(30, TimeUnit.SECONDS))))
                        .isEqualTo("DynamoDB at " + endpoint(silent) + " (from the system property " + DYNAMODB
                                + ") takes connections but does not answer in time: start it again if it hangs, or set"
                                + " AWS_ENDPOINT_URL_DYNAMODB to where it is");
            }
        }
    }

    @Test
    void lineNamesTheStreamsThatTakeConnectionsAndSayNothing() throws IOException {
        try (ServerSocket silent = silent()) {
            System.setProperty(KINESIS, endpoint(silent));
            try (KinesisAsyncClient client = access.kinesis()) {
                assertThat(new ErrorLine(access)
                                .of(catchThrowable(() -> client.listStreams().get(30, TimeUnit.SECONDS))))
                        .startsWith("Kinesis at " + endpoint(silent))
                        .contains("does not answer in time", "AWS_ENDPOINT_URL_KINESIS");
            }
        }
    }

    @Test
    void workerThatGivesUpNamesTheEndpointThatDidNotAnswer() throws IOException {
        try (ServerSocket silent = silent()) {
            System.setProperty(KINESIS, endpoint(silent));
            try (KinesisAsyncClient client = access.workerKinesis()) {
                assertThat(client.serviceName()).isEqualTo("kinesis");
                String reason = "gave up starting after 10 s, the stream service cannot be used: the stream service did"
                        + " not answer within PT2S";

                assertThat(new ErrorLine(access).of(new WorkerException(reason, null)))
                        .isEqualTo(reason + " (Kinesis at " + endpoint(silent) + ", from the system property " + KINESIS
                                + ")");
            }
        }
    }

    @Test
    void workersKeepTheirOwnTime() throws IOException {
        try (ServerSocket silent = silent()) {
            System.setProperty(DYNAMODB, endpoint(silent));
            try (DynamoDbAsyncClient client = access.workerDynamoDb()) {
                assertThat(client.serviceClientConfiguration()
                                .overrideConfiguration()
                                .apiCallTimeout())
                        .isEmpty();
            }
        }
    }

    /** The system takes connections for it, as it does for a process that hangs. */
    private static ServerSocket silent() throws IOException {
        return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    }

    private static String endpoint(ServerSocket socket) {
        return "http://127.0.0.1:" + socket.getLocalPort();
    }
}
