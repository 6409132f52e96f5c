package io.millrace.streamcore.api.auth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streamcore.StreamServer;
import io.millrace.streamcore.http.HttpLimits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A server with credentials keeps and unpacks no body of those who have no key. */
@Timeout(60)
class StrangersTest {
    private static final int LARGE = 4 << 20;
    /** Far from enough for such a body, though enough for the calls of those who have a key. */
    private static final long MEMORY = 1 << 20;

    private static final int UNPACKS_BEYOND_ALL_LIMITS = 20 << 20;
    private static final String JSON = "application/x-amz-json-1.1";

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @SuppressWarnings("NullAway.Init") // set before each test
    private StreamServer server;

    @BeforeEach
    void start() throws IOException {
        Path keys =
                Files.writeString(folder.resolve("keys.json"), """
                {"keys": [{"accessKeyId": "%s", "secretAccessKey": "%s",
                           "allow": [{"actions": ["kinesis:*"], "streams": ["*"]}]}]}
                """.formatted(SignedRequest.KEY, SignedRequest.SECRET));
        Files.setPosixFilePermissions(keys, PosixFilePermissions.fromString("rw-------"));
        server = StreamServer.builder()
                .port(0)
                .dataDirectory(folder.resolve("data"))
                .credentials(keys)
                .limits(HttpLimits.DEFAULT.withMemory(MEMORY))
                .start();
    }

    @AfterEach
    void stop() {
        double held = held();
        server.close();
        assertThat(held).as("bytes that requests hold in the end").isZero();
    }

    private double held() {
        return server.metrics().get("millrace.server.request.bytes").gauge().value();
    }

    private static SignedRequest list() {
        return SignedRequest.of("ListStreams", "{}", Instant.now());
    }

    private String send(byte[] request) throws IOException {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), server.endpoint().getPort())) {
            socket.setSoTimeout(20_000);
            OutputStream out = socket.getOutputStream();
            // In pieces, as long requests come: the last one is nothing that the answer depends on.
            int most = request.length - 1;
            out.write(request, 0, most);
            out.flush();
            out.write(request, most, 1);
            out.flush();
            return new String(socket.getInputStream().readAllBytes(), UTF_8);
        }
    }

    private static byte[] gzip(int zeros) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(new byte[zeros]);
        }
        return packed.toByteArray();
    }

    private static String large() {
        char[] blanks = new char[LARGE];
        Arrays.fill(blanks, ' ');
        return "{}" + new String(blanks);
    }

    /** A body that there is no memory for: so the answer shows that none was asked for. */
    @ParameterizedTest
    @CsvSource({
        "nobody, us-east-1, kinesis, 0, UnrecognizedClientException",
        "orders-producer, eu-west-1, kinesis, 0, InvalidSignatureException",
        "orders-producer, us-east-1, sqs, 0, InvalidSignatureException",
        "orders-producer, us-east-1, kinesis, 400, InvalidSignatureException",
    })
    void whatTheHeaderShowsIsToldWithoutTheBody(String key, String region, String service, int secondsAgo, String code)
            throws Exception {
        SignedRequest request = SignedRequest.of(
                        "ListStreams", large(), Instant.now().minusSeconds(secondsAgo))
                .by(key, SignedRequest.SECRET)
                .scopedTo(region, service)
                .sign();
        assertThat(send(request.wire(false))).startsWith("HTTP/1.1 400 ").contains("\"__type\":\"" + code + "\"");
        assertThat(server.metrics().get("millrace.server.request.bytes").gauge().value())
                .isZero();
    }

    @Test
    void aSignatureThatTheHeaderLacksIsToldWithoutTheBody() throws Exception {
        SignedRequest unsigned = SignedRequest.of("ListStreams", large(), Instant.now());
        assertThat(send(unsigned.wire(false))).contains("MissingAuthenticationTokenException");
        SignedRequest hostUnsigned =
                list().without("x-amz-target").sign().header("x-amz-target", "Kinesis_20131202.ListStreams");
        assertThat(send(hostUnsigned.body(large()).wire(false)))
                .contains("'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.");
    }

    /** A caller that knows the id of a key can have a body kept, up to the memory for strangers, but not unpacked. */
    @Test
    void aPackedBodyIsUnpackedOnlyForAGoodSignature() throws Exception {
        byte[] bomb = gzip(UNPACKS_BEYOND_ALL_LIMITS);
        SignedRequest forged = list().header("content-encoding", "gzip")
                .by(SignedRequest.KEY, "a secret that is not the key's")
                .body(bomb)
                .sign();
        assertThat(send(forged.wire(false))).startsWith("HTTP/1.1 400 ").contains("InvalidSignatureException");
        SignedRequest signed =
                list().header("content-encoding", "gzip").body(bomb).sign();
        assertThat(send(signed.wire(false))).as("with a key").startsWith("HTTP/1.1 503 ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "text/plain"})
    void requestsThatAreNoCallsKeepNoBodyEither(String type) throws Exception {
        SignedRequest old =
                SignedRequest.of("ListStreams", large(), Instant.now()).header("content-type", type);
        assertThat(send(old.wire(false))).startsWith("HTTP/1.1 404 ").contains("UnknownOperationException");
    }

    @Test
    void pagesKeepNoBodyEither() throws Exception {
        byte[] bomb = gzip(UNPACKS_BEYOND_ALL_LIMITS);
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        packed.writeBytes(("GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Encoding: gzip\r\n"
                        + "Content-Length: " + bomb.length + "\r\n\r\n")
                .getBytes(UTF_8));
        packed.writeBytes(bomb);
        assertThat(send(packed.toByteArray())).startsWith("HTTP/1.1 200 ").contains("\"status\":\"ok\"");
        ByteArrayOutputStream large = new ByteArrayOutputStream();
        large.writeBytes(("GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: " + LARGE
                        + "\r\n\r\n")
                .getBytes(UTF_8));
        large.writeBytes(new byte[LARGE]);
        assertThat(send(large.toByteArray())).startsWith("HTTP/1.1 200 ").contains("\"status\":\"ok\"");
    }

    @Test
    void callsWithAKeyAreServedAsEver() throws Exception {
        assertThat(send(list().sign().wire(false))).startsWith("HTTP/1.1 200 ").contains("StreamNames");
        assertThat(send(list().sign().wire(true))).startsWith("HTTP/1.1 200 ").contains("StreamNames");
        SignedRequest packed = list().header("content-encoding", "gzip");
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(body)) {
            gzip.write("{}".getBytes(UTF_8));
        }
        assertThat(send(packed.body(body.toByteArray())
                        .header("content-type", JSON)
                        .sign()
                        .wire(false)))
                .startsWith("HTTP/1.1 200 ")
                .contains("StreamNames");
    }
}
