package io.millrace.streamcore.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.runtime.SystemPlatform;
import io.millrace.streamcore.api.call.ApiAnswer;
import io.millrace.streamcore.api.call.ApiRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Headers that two programs may read differently, on real sockets: what is refused reaches nobody. */
@Timeout(60)
class HeaderRulesTest {
    private static final byte[] EMPTY_SETTINGS = {0, 0, 0, 4, 0, 0, 0, 0, 0};
    private static final int HEADERS = 1;
    private static final byte RST_STREAM = 3;

    /** Indexed fields of the answers' status (RFC 7541, appendix A). */
    private static final byte STATUS_200 = (byte) 0x88;

    private static final byte STATUS_400 = (byte) 0x8c;

    private final List<String> handled = Collections.synchronizedList(new ArrayList<>());

    @SuppressWarnings("NullAway.Init") // set before each test
    private HttpServer.Bound bound;

    @BeforeEach
    void start() throws IOException {
        HttpSettings settings = new HttpSettings("127.0.0.1", 0, OptionalInt.empty(), null, HttpLimits.DEFAULT);
        bound = HttpServer.start(settings, this::handle, new SystemPlatform());
    }

    @AfterEach
    void stop() {
        bound.server().close();
    }

    private CompletableFuture<ApiAnswer> handle(ApiRequest request) {
        handled.add(String.join(",", request.headers().all("host")));
        return CompletableFuture.completedFuture(ApiAnswer.whole(200, Map.of(), out -> {}));
    }

    private void assertRefused(String request, int status) throws IOException {
        try (RawClient client = RawClient.plain(bound.main())) {
            RawClient.Answer answer = client.send(request.replace("|", "\r\n")).read();
            assertThat(answer.status()).as(request).isEqualTo(status);
            assertThat(answer.headers()).containsEntry("connection", "close");
            client.awaitEnd();
        }
        assertThat(handled).as(request).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST / HTTP/1.1|Content-Length: 0||",
                "POST / HTTP/1.1|Host: a|Host: b|Content-Length: 0||",
                "POST / HTTP/1.1|Host: a|Host: a|Content-Length: 0||",
                "POST / HTTP/1.0|Host: a|Host: b|Content-Length: 0||",
                "POST / HTTP/1.1|Host: a b|Content-Length: 0||",
                "POST / HTTP/1.1|Host: a,b|Content-Length: 0||",
                "POST / HTTP/1.1|Host: localhost@evil.example|Content-Length: 0||",
                "POST / HTTP/1.1|Host: localhost/evil|Content-Length: 0||",
                "GET /health HTTP/1.1||",
                "GET /health HTTP/1.2||",
            })
    void oneHostAndNoMore(String request) throws IOException {
        assertRefused(request, 400);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST / HTTP/9.9|Host: a|Content-Length: 0||",
                "POST / HTTP/2.0|Host: a|Content-Length: 0||",
                "POST / HTTP/0.9|Host: a|Content-Length: 0||",
            })
    void anotherMajorVersion(String request) throws IOException {
        assertRefused(request, 505);
    }

    @ParameterizedTest
    @CsvSource({
        "identity, 400",
        "'chunked, identity', 400",
        "'identity|Transfer-Encoding: identity', 400",
        "'chunked|Transfer-Encoding: identity', 400",
        "'chunked, chunked', 400",
        "'chunked|Transfer-Encoding: chunked', 400",
        "'chunked, gzip', 400",
        "gzip, 400",
        "xchunked, 400",
        "chunked;q=1, 400",
        "'', 400",
        "'identity, chunked', 501",
        "'identity|Transfer-Encoding: chunked', 501",
        "'gzip, chunked', 501",
        "'x, chunked', 501",
    })
    void transferCodingsThatSomebodyMayReadDifferently(String coding, int status) throws IOException {
        String head = "POST / HTTP/1.1|Host: a|Transfer-Encoding: " + coding + "|";
        assertRefused(head + "|0||", status);
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP/1.1", "HTTP/1.2"})
    void aLengthBesideChunks(String version) throws IOException {
        assertRefused("POST / " + version + "|Host: a|Transfer-Encoding: chunked|Content-Length: 5||0||", 400);
        assertRefused("POST / " + version + "|Content-Length: 5|Host: a|Transfer-Encoding: chunked||0||", 400);
    }

    @Test
    void chunksAreOfHttp11() throws IOException {
        assertRefused("POST / HTTP/1.0|Host: a|Transfer-Encoding: chunked||0||", 400);
    }

    /** A request that the server would not take is not taken by asking for another protocol at the same time. */
    @ParameterizedTest
    @CsvSource({"HTTP/1.1, '', 400", "HTTP/1.1, Host: a|Host: b|, 400", "HTTP/9.9, Host: a|, 505"})
    void anUpgradeIsNoWayRound(String version, String hosts, int status) throws IOException {
        assertRefused(
                "POST / " + version + "|" + hosts + "Connection: Upgrade, HTTP2-Settings|Upgrade: h2c|HTTP2-Settings: |"
                        + "Content-Length: 0||",
                status);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST / HTTP/1.1|Host: a:4567|Content-Length: 0||",
                "POST / HTTP/1.1|Host: [::1]:4567|Content-Length: 0||",
                "POST / HTTP/1.1|Host: stream_server.example|Transfer-Encoding: Chunked||0||",
                "POST / HTTP/1.2|Host: a|Content-Length: 0||",
                "POST / HTTP/1.0|Content-Length: 0||",
                "POST / HTTP/1.0|Host: a|Content-Length: 0||",
            })
    void whatIsClearIsServed(String request) throws IOException {
        try (RawClient client = RawClient.plain(bound.main())) {
            assertThat(client.send(request.replace("|", "\r\n")).read().status())
                    .isEqualTo(200);
        }
    }

    @ParameterizedTest
    @CsvSource({
        // Fields of the authority, and of hosts: the one host that is handed on, or none if the request is refused.
        "a, '', a",
        "'', a, a",
        "a, a, a",
        "a, A, a",
        "'', '', ",
        "a, b, ",
        "'', a b, ",
        "a, a b, ",
        "user@a, '', ",
        "'a,b', '', ",
    })
    void theAuthorityOfHttp2(String authority, String host, String handedOn) throws IOException {
        ByteArrayOutputStream fields = new ByteArrayOutputStream();
        fields.writeBytes(new byte[] {(byte) 0x83, (byte) 0x86, (byte) 0x84});
        if (!authority.isEmpty()) {
            // A literal with the name of index 1.
            fields.write(1);
            text(fields, authority);
        }
        for (String each : host.isEmpty() ? new String[0] : host.split(" ")) {
            fields.write(0);
            text(fields, "host");
            text(fields, each);
        }
        try (RawClient client = RawClient.plain(bound.main())) {
            client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").send(EMPTY_SETTINGS);
            ByteArrayOutputStream frame = new ByteArrayOutputStream();
            // The end of the header and of the stream; stream 1.
            frame.writeBytes(new byte[] {0, 0, (byte) fields.size(), HEADERS, 5, 0, 0, 0, 1});
            frame.writeBytes(fields.toByteArray());
            client.send(frame.toByteArray());
            assertThat(statusOf(client)).isEqualTo(handedOn == null ? STATUS_400 : STATUS_200);
        }
        assertThat(handled).isEqualTo(handedOn == null ? List.of() : List.of(handedOn));
    }

    private static void text(ByteArrayOutputStream out, String text) {
        out.write(text.length());
        out.writeBytes(text.getBytes(ISO_8859_1));
    }

    /** The first field of the first HEADERS frame that comes, which is the status. */
    private static byte statusOf(RawClient client) throws IOException {
        while (true) {
            byte[] header = client.readBytes(9);
            byte[] payload = client.readBytes(((header[1] & 0xff) << 8) | (header[2] & 0xff));
            assertThat(header[3]).isNotEqualTo(RST_STREAM);
            if (header[3] == HEADERS) {
                return payload[0];
            }
        }
    }
}
