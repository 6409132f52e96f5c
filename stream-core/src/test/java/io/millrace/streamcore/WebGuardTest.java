package io.millrace.streamcore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Web pages, and what a browser sends for them, on a whole server. */
class WebGuardTest {
    private static final String PAGE = "Origin: https://evil.example";
    private static final String REBOUND = "Host: evil.example:4567";
    private static final String LOCAL = "Host: localhost:4567";
    private static final List<String> CALL = List.of(
            "Content-Type: application/x-amz-json-1.1",
            "X-Amz-Date: 20260101T000000Z",
            "Authorization: AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/kinesis/aws4_request,"
                    + " SignedHeaders=host, Signature=0");

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @Test
    void pageOfAnotherOriginNeitherReadsNorChangesAnything() throws Exception {
        try (StreamServer server = settings().start()) {
            assertThat(create(server, LOCAL, PAGE))
                    .startsWith("HTTP/1.1 403 ")
                    .contains("AccessDeniedException", "--cors")
                    .doesNotContain("access-control");
            assertThat(send(server, "OPTIONS /", LOCAL, PAGE, "Access-Control-Request-Method: POST"))
                    .startsWith("HTTP/1.1 403 ")
                    .doesNotContain("access-control");
            assertThat(send(server, "GET /health", LOCAL, PAGE)).startsWith("HTTP/1.1 403 ");
            assertThat(create(server, LOCAL, "Origin: null")).startsWith("HTTP/1.1 403 ");
            assertThat(list(server, LOCAL)).contains("\"StreamNames\":[]");
        }
        assertThat(Files.readString(folder.resolve("audit-refused.log"))).contains("AccessDeniedException");
    }

    @Test
    void pageOfThisMachineAndProgramsUseTheServer() throws Exception {
        try (StreamServer server = settings().start()) {
            String origin = "Origin: http://localhost:3000";
            assertThat(send(server, "OPTIONS /", LOCAL, origin, "Access-Control-Request-Method: POST"))
                    .startsWith("HTTP/1.1 200 ")
                    .contains("access-control-allow-origin: *");
            assertThat(create(server, LOCAL, origin))
                    .startsWith("HTTP/1.1 200 ")
                    .contains("access-control-allow-origin: *");
            assertThat(list(server, "Host: 127.0.0.1")).contains("\"StreamNames\":[\"s\"]");
        }
    }

    @Test
    void nameThatSomebodyPointsAtThisMachineGetsNothing() throws Exception {
        try (StreamServer server = settings().start()) {
            assertThat(create(server, REBOUND)).startsWith("HTTP/1.1 421 ").contains("--server-name");
            assertThat(send(server, "GET /metrics", REBOUND))
                    .startsWith("HTTP/1.1 421 ")
                    .doesNotContain("millrace_");
            assertThat(send(server, "GET /health", REBOUND)).startsWith("HTTP/1.1 421 ");
            assertThat(send(server, "OPTIONS /", REBOUND, "Origin: http://evil.example:4567"))
                    .startsWith("HTTP/1.1 421 ")
                    .doesNotContain("access-control");
            try (Http2Client client = new Http2Client(server.endpoint(), "evil.example:4567")) {
                assertThat(client.call("ListStreams", "{}").get(20, TimeUnit.SECONDS))
                        .contains("MisdirectedRequest");
            }
            try (Http2Client client = new Http2Client(server.endpoint())) {
                assertThat(client.call("ListStreams", "{}").get(20, TimeUnit.SECONDS))
                        .contains("\"StreamNames\":[]");
            }
        }
    }

    @Test
    void originsAndNamesThatAreGivenAreWelcome() throws Exception {
        try (StreamServer server = settings()
                .cors("https://app.example")
                .serverName("streams.example")
                .start()) {
            String host = "Host: streams.example";
            assertThat(create(server, host, "Origin: https://app.example"))
                    .startsWith("HTTP/1.1 200 ")
                    .contains("access-control-allow-origin: *");
            assertThat(list(server, host, PAGE)).startsWith("HTTP/1.1 403 ");
        }
        try (StreamServer server = settings().cors("*").start()) {
            assertThat(list(server, LOCAL, PAGE))
                    .startsWith("HTTP/1.1 200 ")
                    .contains("access-control-allow-origin: *");
        }
    }

    /** A page cannot sign. What such a server tells without a key it tells by a known name alone. */
    @Test
    void serverThatVerifiesItsClientsAnswersPagesOfEveryOriginAndHidesItsMetrics() throws Exception {
        Path keys = Files.writeString(folder.resolve("keys.json"), "{\"keys\": []}");
        Files.setPosixFilePermissions(keys, PosixFilePermissions.fromString("rw-------"));
        try (StreamServer server = settings().credentials(keys).start()) {
            assertThat(send(server, "OPTIONS /", REBOUND, PAGE)).startsWith("HTTP/1.1 200 ");
            assertThat(list(server, REBOUND, PAGE)).contains("InvalidSignatureException");
            assertThat(send(server, "GET /metrics", REBOUND)).startsWith("HTTP/1.1 403 ");
            assertThat(send(server, "GET /metrics", LOCAL)).startsWith("HTTP/1.1 200 ");
        }
    }

    private StreamServer.Builder settings() {
        return StreamServer.builder().port(0).dataDirectory(folder).transitionTime(Duration.ZERO);
    }

    private static String create(StreamServer server, String... headers) throws IOException {
        return call(server, "CreateStream", "{\"StreamName\":\"s\",\"ShardCount\":1}", headers);
    }

    private static String list(StreamServer server, String... headers) throws IOException {
        return call(server, "ListStreams", "{}", headers);
    }

    private static String call(StreamServer server, String operation, String body, String... headers)
            throws IOException {
        StringBuilder lines = new StringBuilder("X-Amz-Target: Kinesis_20131202." + operation + "\r\n");
        CALL.forEach(line -> lines.append(line).append("\r\n"));
        return exchange(server, "POST /", lines + "Content-Length: " + body.length() + "\r\n", body, headers);
    }

    private static String send(StreamServer server, String request, String... headers) throws IOException {
        return exchange(server, request, "", "", headers);
    }

    /** As a browser would, whose own rules a JDK's client keeps others from breaking. Gives the answer, its headers in lower case. */
    private static String exchange(StreamServer server, String request, String lines, String body, String... headers)
            throws IOException {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), server.endpoint().getPort())) {
            socket.setSoTimeout(20_000);
            String head =
                    request + " HTTP/1.1\r\n" + String.join("\r\n", headers) + "\r\nConnection: close\r\n" + lines;
            socket.getOutputStream().write((head + "\r\n" + body).getBytes(StandardCharsets.UTF_8));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int end = answer.indexOf("\r\n\r\n");
            int first = answer.indexOf("\r\n");
            return answer.substring(0, first)
                    + answer.substring(first, end).toLowerCase(Locale.ROOT)
                    + answer.substring(end);
        }
    }
}
