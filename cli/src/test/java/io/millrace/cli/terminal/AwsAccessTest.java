package io.millrace.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.net.httpserver.HttpServer;
import io.millrace.consumer.WorkerException;
import io.millrace.fanout.kinesis.DirectKinesis;
import io.millrace.lease.table.DynamoLeaseTable;
import io.millrace.lease.table.Entity;
import io.millrace.lease.table.TableUnavailableException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

@Timeout(60)
@ResourceLock(Resources.SYSTEM_PROPERTIES)
class AwsAccessTest {
    private static final String DYNAMODB = "aws.endpointUrlDynamoDb";
    private static final String KINESIS = "aws.endpointUrlKinesis";

    private final AwsAccess access =
            access(new TimeLimits(Duration.ofMillis(100), Duration.ofMillis(300), Duration.ofSeconds(30)));

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
    void tableThatIsReadWithoutTheLeaseModuleIsNamedToo() throws IOException {
        try (ServerSocket silent = silent()) {
            System.setProperty(DYNAMODB, endpoint(silent));
            try (DynamoDbAsyncClient client = access.dynamoDb()) {
                assertThat(new ErrorLine(access)
                                .of(catchThrowable(() -> client.scan(request -> request.tableName("millrace"))
                                        .get(30, TimeUnit.SECONDS))))
                        .startsWith("DynamoDB at " + endpoint(silent));
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
    void serverThatKnowsNothingOfTablesIsNoDynamoDb() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(404, -1);
            exchange.close();
        });
        server.start();
        String endpoint = "http://127.0.0.1:" + server.getAddress().getPort();
        System.setProperty(DYNAMODB, endpoint);
        AwsAccess patient =
                access(new TimeLimits(Duration.ofSeconds(30), Duration.ofSeconds(30), Duration.ofSeconds(30)));
        try (DynamoDbAsyncClient client = patient.dynamoDb()) {
            DynamoLeaseTable table = new DynamoLeaseTable(client, "millrace", "app");

            assertThat(new ErrorLine(patient)
                            .of(catchThrowable(() -> table.get(Entity.leader()).get(30, TimeUnit.SECONDS))))
                    .isEqualTo("what answers at " + endpoint + " is no DynamoDB; that endpoint comes from the system"
                            + " property " + DYNAMODB + ": set AWS_ENDPOINT_URL_DYNAMODB to where one is");
        } finally {
            server.stop(0);
        }
    }

    @Test
    void missingCredentialsAreToldInOneSentenceThoughTheLeaseTableSaysMore() {
        String essay = "Unable to load credentials from any of the providers in the chain";

        assertThat(new ErrorLine(access)
                        .of(new TableUnavailableException("DynamoDB: " + essay, SdkClientException.create(essay))))
                .isEqualTo("no AWS credentials found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE");
    }

    @Test
    void workerThatGivesUpNamesTheEndpointThatDidNotAnswer() throws IOException {
        try (ServerSocket silent = silent()) {
            System.setProperty(KINESIS, endpoint(silent));
            try (DirectKinesis direct = access.workerKinesis()) {
                KinesisAsyncClient client = direct.client();
                assertThat(client.serviceName()).isEqualTo("kinesis");
                String reason = "gave up starting after 10 s, the stream service cannot be used: the stream service did"
                        + " not answer within PT2S (Kinesis at " + endpoint(silent);

                assertThat(new ErrorLine(access)
                                .of(new WorkerException(reason + ", from the client given to the builder)", null)))
                        .isEqualTo(reason + " (from the system property " + KINESIS + "))");
            }
        }
    }

    @Test
    void endpointWithoutHttpInFrontIsTold() {
        for (String address : new String[] {"127.0.0.1:4567", "localhost:4567"}) {
            System.setProperty(KINESIS, address);
            assertThatThrownBy(access::kinesis)
                    .isInstanceOf(CommandFailure.class)
                    .hasMessage("the endpoint for Kinesis in the system property " + KINESIS
                            + " lacks http:// in front: it is '" + address + "', set it to http://" + address);
        }
        System.setProperty(KINESIS, "http://");
        assertThatThrownBy(access::kinesis).hasMessageContaining("is no address like http://127.0.0.1:4567: 'http://'");
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

    private static AwsAccess access(TimeLimits limits) {
        Terminal terminal = new Terminal(
                OutputStream.nullOutputStream(),
                new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8),
                false,
                false,
                new ScreenSize(24, 80));
        return new AwsAccess(terminal, Map.of(), limits);
    }

    /** The system takes connections for it, as it does for a process that hangs. */
    private static ServerSocket silent() throws IOException {
        return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    }

    private static String endpoint(ServerSocket socket) {
        return "http://127.0.0.1:" + socket.getLocalPort();
    }
}
