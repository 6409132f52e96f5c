package io.millrace.systemtests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.millrace.streamcore.StreamServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Commands whose credentials come from a role: a profile that names one, or a web identity token, as EKS gives them. */
@Timeout(180)
class RoleProfileTest {
    private static final String KEY = "ASIAOFTHEASSUMEDROLE";
    private static final String SECRET = "the-secret-of-the-assumed-role-0123456789";

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    private final List<String> asked = new CopyOnWriteArrayList<>();
    private HttpServer tokens;
    private StreamServer streams;

    @BeforeEach
    void start() throws IOException {
        tokens = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        tokens.start();
        Path keys = Files.writeString(
                folder.resolve("keys.json"),
                "{\"keys\": [{\"accessKeyId\": \"" + KEY + "\", \"secretAccessKey\": \"" + SECRET
                        + "\", \"allow\": [{\"actions\": [\"*\"], \"streams\": [\"*\"]}]}]}");
        Files.setPosixFilePermissions(keys, PosixFilePermissions.fromString("rw-------"));
        streams = StreamServer.builder()
                .port(0)
                .dataDirectory(folder.resolve("data"))
                .credentials(keys)
                .start();
    }

    @AfterEach
    void stop() {
        streams.close();
        tokens.stop(0);
    }

    @Test
    void profileWithARoleIsAssumed() throws IOException {
        answer(200, assumed("AssumeRole"));

        try (CommandRun run = list(profile())) {
            assertThat(run.exitCode()).as(run.err()).isZero();
        }
        assertThat(asked).singleElement().asString().contains("Action=AssumeRole&", "role%2Fstreams");
    }

    @Test
    void webIdentityTokenIsTradedForTheRole() throws IOException {
        answer(200, assumed("AssumeRoleWithWebIdentity"));
        Path token = Files.writeString(folder.resolve("token"), "a.web.token");
        Map<String, String> environment = Map.of(
                "AWS_WEB_IDENTITY_TOKEN_FILE",
                token.toString(),
                "AWS_ROLE_ARN",
                "arn:aws:iam::000000000000:role/streams");

        try (CommandRun run = list(environment)) {
            assertThat(run.exitCode()).as(run.err()).isZero();
        }
        assertThat(asked).singleElement().asString().contains("Action=AssumeRoleWithWebIdentity", "a.web.token");
    }

    @Test
    void roleThatIsRefusedIsToldInOneLineWithWhatElseWasTried() throws IOException {
        answer(
                403,
                "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>"
                        + "<Code>AccessDenied</Code><Message>user base may not assume role streams</Message></Error>"
                        + "<RequestId>1</RequestId></ErrorResponse>");

        try (CommandRun run = list(profile())) {
            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.err().lines())
                    .singleElement()
                    .asString()
                    .startsWith("millrace stream list: no AWS credentials found")
                    .contains("environment variables: not set; ")
                    .contains("profile work: user base may not assume role streams");
        }
    }

    private Map<String, String> profile() throws IOException {
        Path config = Files.writeString(folder.resolve("config"), """
                [profile base]
                aws_access_key_id = base
                aws_secret_access_key = secret-of-base
                [profile work]
                role_arn = arn:aws:iam::000000000000:role/streams
                source_profile = base
                """);
        return Map.of("AWS_CONFIG_FILE", config.toString(), "AWS_PROFILE", "work");
    }

    private CommandRun list(Map<String, String> settings) {
        Map<String, String> environment = new HashMap<>(settings);
        environment.put("AWS_ENDPOINT_URL_KINESIS", streams.endpoint().toString());
        environment.put(
                "AWS_ENDPOINT_URL_STS",
                "http://127.0.0.1:" + tokens.getAddress().getPort());
        environment.put("AWS_REGION", "us-east-1");
        environment.put("AWS_EC2_METADATA_DISABLED", "true");
        return CommandRun.start(folder, environment, "", "stream", "list");
    }

    private void answer(int status, String body) {
        tokens.createContext("/", exchange -> {
            asked.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "text/xml");
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
    }

    private static String assumed(String action) {
        return "<" + action + "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" + action + "Result>"
                + "<AssumedRoleUser><Arn>arn:aws:sts::000000000000:assumed-role/streams/s</Arn>"
                + "<AssumedRoleId>A:s</AssumedRoleId></AssumedRoleUser><Credentials><AccessKeyId>" + KEY
                + "</AccessKeyId><SecretAccessKey>" + SECRET + "</SecretAccessKey><SessionToken>token</SessionToken>"
                + "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></" + action + "Result>"
                + "<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></" + action + "Response>";
    }
}
