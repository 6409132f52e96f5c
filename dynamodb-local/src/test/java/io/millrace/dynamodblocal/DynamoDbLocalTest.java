package io.millrace.dynamodblocal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.dynamodblocal.DynamoDbLocal.Settings;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

class DynamoDbLocalTest {
    @TempDir
    Path data;

    @Test
    void keepsTablesAndNothingElseInItsDataFolderAcrossRestarts() throws IOException {
        try (DynamoDbLocal first = DynamoDbLocal.start(Settings.persistedIn(data))) {
            try (DynamoDbAsyncClient client = client(first)) {
                createTable(client);
                client.putItem(put -> put.tableName("table").item(Map.of("id", text("a"), "value", text("1"))))
                        .join();
                assertThat(read(client)).isEqualTo("1");
            }
            assertThat(temporaryFiles()).hasSize(2);
        }
        assertThat(temporaryFiles()).isEmpty();
        try (DynamoDbLocal second = DynamoDbLocal.start(Settings.persistedIn(data))) {
            try (DynamoDbAsyncClient client = client(second)) {
                assertThat(read(client)).isEqualTo("1");
            }
        }
    }

    /** One process serves several questions, since its start is most of their cost. */
    @Test
    void listensOnLoopbackOnlyRefusesOtherSitesAndLeavesNothingWhenClosed() throws Exception {
        DynamoDbLocal local = DynamoDbLocal.start(Settings.inMemory());
        try (local) {
            assertThat(local.endpoint().getHost()).isEqualTo("127.0.0.1");
            for (NetworkInterface network : NetworkInterface.networkInterfaces().toList()) {
                for (InetAddress address : network.inetAddresses().toList()) {
                    if (!address.isLoopbackAddress()) {
                        assertThatThrownBy(() -> connect(address, local.port())).isInstanceOf(ConnectException.class);
                    }
                }
            }
            connect(InetAddress.getLoopbackAddress(), local.port());
            assertThat(local.log()).exists();
            webPagesOfOtherSitesGetNothing(local.port());
            portInUseIsOneClearLine(local.port());
        }
        assertThat(local.process().isAlive()).isFalse();
        assertThat(local.log().getParent()).doesNotExist();
    }

    private static void webPagesOfOtherSitesGetNothing(int port) throws IOException {
        assertThat(listTables(port, "Host: evil.example:8000")).startsWith("HTTP/1.1 421 ");
        assertThat(listTables(port, "Host: localhost:8000", "Origin: https://evil.example"))
                .startsWith("HTTP/1.1 403 ")
                .doesNotContainIgnoringCase("access-control-allow-origin");
        assertThat(listTables(port, "Host: localhost:8000", "Origin: http://localhost:3000"))
                .startsWith("HTTP/1.1 200 ")
                .contains("TableNames");
        assertThat(listTables(port, "Host: 127.0.0.1:" + port))
                .startsWith("HTTP/1.1 200 ")
                .contains("TableNames");
    }

    private static void portInUseIsOneClearLine(int port) {
        assertThatThrownBy(() -> DynamoDbLocal.start(Settings.inMemory().withPort(port)))
                .isInstanceOf(DynamoDbLocalException.class)
                .hasMessage("port " + port
                        + " on 127.0.0.1 is in use; stop what uses it or choose another port for DynamoDB");
    }

    /** As a browser would: a JDK's client keeps others from setting these headers. */
    private static String listTables(int port, String... headers) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(20_000);
            String request = "POST / HTTP/1.1\r\n" + String.join("\r\n", headers) + "\r\n"
                    + "Content-Type: application/x-amz-json-1.0\r\n"
                    + "X-Amz-Target: DynamoDB_20120810.ListTables\r\n"
                    + "X-Amz-Date: 20260101T000000Z\r\n"
                    + "Authorization: AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request,"
                    + " SignedHeaders=host, Signature=0\r\n"
                    + "Connection: close\r\nContent-Length: 2\r\n\r\n{}";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void damagedDataIsOneClearLineAndStaysAsItIs() throws IOException {
        Path database = data.resolve("shared-local-instance.db");
        byte[] garbage =
                "this is no database, whatever its name says".repeat(50).getBytes(StandardCharsets.UTF_8);
        Files.write(database, garbage);
        assertThatThrownBy(() -> DynamoDbLocal.start(Settings.persistedIn(data)))
                .isInstanceOf(DynamoDbLocalException.class)
                .hasMessageStartingWith("DynamoDB Local cannot use the data in " + data)
                .hasMessageNotContaining("\n");
        assertThat(database).hasBinaryContent(garbage);
    }

    /** The process itself goes first, by SIGKILL; then the one that started it. */
    @Test
    @Timeout(120) // three JVMs, one after another
    void nextStartDeletesTheFilesOfKilledProcesses() throws Exception {
        Process parent = startElsewhere();
        kill(childOf(parent));
        kill(parent.toHandle());
        assertThat(temporaryFiles()).isNotEmpty();

        try (DynamoDbLocal local = DynamoDbLocal.start(Settings.persistedIn(data))) {
            // Those of the running process: its folder and its lock.
            assertThat(temporaryFiles()).as("%s", local).hasSize(2);
        }
        assertThat(temporaryFiles()).isEmpty();
    }

    @Test
    void deletesItsFilesWhenTheParentIsKilled() throws Exception {
        Process parent = startElsewhere();
        ProcessHandle child = childOf(parent);
        kill(parent.toHandle());
        child.onExit().get(20, TimeUnit.SECONDS);

        assertThat(temporaryFiles()).isEmpty();
    }

    /** A JVM that starts DynamoDB Local in the data folder and waits; returns once it serves. */
    private Process startElsewhere() throws IOException {
        Process parent = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Starter.class.getName(),
                        data.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        assertThat(parent.inputReader(StandardCharsets.UTF_8).readLine()).isEqualTo("started");
        return parent;
    }

    private static ProcessHandle childOf(Process parent) {
        return parent.children().findFirst().orElseThrow();
    }

    private static void kill(ProcessHandle process) throws Exception {
        process.destroyForcibly();
        process.onExit().get(20, TimeUnit.SECONDS);
    }

    private List<Path> temporaryFiles() throws IOException {
        try (Stream<Path> files = Files.list(data)) {
            return files.filter(file -> file.getFileName().toString().startsWith("tmp-"))
                    .toList();
        }
    }

    /** The main class of a process that is killed. */
    static final class Starter {
        private Starter() {}

        public static void main(String[] arguments) throws IOException {
            try (DynamoDbLocal local = DynamoDbLocal.start(Settings.persistedIn(Path.of(arguments[0])))) {
                System.out.println("started");
                while (System.in.read() >= 0) {
                    // Waits to be killed, or for the end of the test.
                }
                System.err.println(local.port());
            }
        }
    }

    private static void connect(InetAddress address, int port) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), 2000);
        }
    }

    private static String read(DynamoDbAsyncClient client) {
        return client.getItem(get -> get.tableName("table").key(Map.of("id", text("a"))))
                .orTimeout(20, TimeUnit.SECONDS)
                .join()
                .item()
                .getOrDefault("value", text("nothing"))
                .s();
    }

    private static void createTable(DynamoDbAsyncClient client) {
        client.createTable(create -> create.tableName("table")
                        .attributeDefinitions(AttributeDefinition.builder()
                                .attributeName("id")
                                .attributeType(ScalarAttributeType.S)
                                .build())
                        .keySchema(KeySchemaElement.builder()
                                .attributeName("id")
                                .keyType(KeyType.HASH)
                                .build())
                        .billingMode(BillingMode.PAY_PER_REQUEST))
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
    }

    private static AttributeValue text(String value) {
        return AttributeValue.fromS(value);
    }

    private static DynamoDbAsyncClient client(DynamoDbLocal local) {
        return DynamoDbAsyncClient.builder()
                .endpointOverride(local.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
                .build();
    }
}
