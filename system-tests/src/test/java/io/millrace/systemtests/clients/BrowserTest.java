package io.millrace.systemtests.clients;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.millrace.streamcore.StreamServer;
import io.millrace.systemtests.process.LocalClients;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** Web pages in Chromium and a server that verifies nobody: those of this machine may use it, all others may not. */
@Tag("slow")
@Timeout(180)
class BrowserTest {
    private static final String STRANGE = "evil.example";
    private static final String SDK = "@aws-sdk/client-kinesis@3.1143.0";
    private static final String BUNDLER = "esbuild@0.25.12";
    private static final String BEGINNING =
            "<script>window.done = text => fetch('/done', {method: 'POST', body: text})</script><img src=/wait>";

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @SuppressWarnings("NullAway.Init") // before each test
    private ClientProcess client;

    @SuppressWarnings("NullAway.Init") // before each test
    private HttpServer pages;

    private final ExecutorService threads = Executors.newFixedThreadPool(4);
    private final CompletableFuture<String> outcome = new CompletableFuture<>();
    private byte[] page = {};
    private byte[] script = {};

    @BeforeEach
    void servePages() throws Exception {
        client = new ClientProcess(folder);
        client.assumePresent("Chromium", List.of("chromium", "--version"));
        pages = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        pages.setExecutor(threads);
        pages.createContext("/", exchange -> {
            byte[] body = exchange.getRequestURI().getPath().equals("/script.js") ? script : page;
            exchange.getResponseHeaders()
                    .add("content-type", body == script ? "text/javascript" : "text/html; charset=utf-8");
            answer(exchange, body);
        });
        pages.createContext("/done", exchange -> {
            outcome.complete(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
            answer(exchange, new byte[1]);
        });
        // An image: the browser ends once everything of the page is there.
        pages.createContext("/wait", exchange -> {
            outcome.orTimeout(60, TimeUnit.SECONDS).join();
            answer(exchange, new byte[1]);
        });
        pages.start();
    }

    @AfterEach
    void stopPages() {
        if (pages != null) {
            pages.stop(0);
        }
        threads.shutdownNow();
    }

    private static void answer(HttpExchange exchange, byte[] body) throws IOException {
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    @Test
    void aPageOfAnotherOriginNeitherReadsNorDeletes() throws Exception {
        try (StreamServer server = settings().start()) {
            create(server);
            assertThat(outcome(attack(server), STRANGE)).isEqualTo("refused,refused,refused,sent blindly");
            assertThat(streams(server)).containsExactly("orders");
        }
    }

    /** So the test above would see it. Health and metrics have no headers for pages, whatever is allowed. */
    @Test
    void whereEveryOriginIsAllowedThePageReadsAndDeletes() throws Exception {
        try (StreamServer server = settings().cors("*").start()) {
            create(server);
            assertThat(outcome(attack(server), STRANGE)).isEqualTo("200,refused,200,sent blindly");
            assertThat(streams(server)).isEmpty();
        }
    }

    @Test
    void aNameThatLeadsToThisMachineIsNoWayRound() throws Exception {
        try (StreamServer server = settings().start()) {
            int port = server.endpoint().getPort();
            for (String path : List.of("/metrics", "/health", "/")) {
                assertThat(shown("http://" + STRANGE + ":" + port + path))
                        .as(path)
                        .contains("ERR_INVALID_RESPONSE")
                        .doesNotContain("millrace_server", "\"reasons\":[");
            }
            assertThat(shown("http://localhost:" + port + "/metrics")).contains("millrace_server_connections");
        }
    }

    @Test
    void theSdkInAPageOfThisMachineWorks() throws Exception {
        script = bundle();
        try (StreamServer server = settings().start()) {
            create(server);
            page = ("<script>window.endpoint = 'http://localhost:"
                            + server.endpoint().getPort()
                            + "'</script>" + BEGINNING + "<script src=/script.js></script>")
                    .getBytes(UTF_8);
            assertThat(outcome(page, "localhost")).isEqualTo("orders: hello");
        }
    }

    private byte[] bundle() throws Exception {
        client.assumePresent("Node.js with npm", List.of("npm", "--version"));
        Files.writeString(folder.resolve("package.json"), "{\"private\": true}");
        boolean isFetched = client.fetch(List.of(
                                "npm",
                                "install",
                                "--prefix",
                                folder.toString(),
                                "--no-audit",
                                "--no-fund",
                                SDK,
                                BUNDLER))
                        .exitCode()
                == 0;
        String skipped = "SKIPPED: npm cannot fetch " + SDK + " and " + BUNDLER;
        if (!isFetched) {
            System.err.println(skipped);
        }
        assumeTrue(isFetched, skipped);
        Path source = client.resource("js_in_a_page.mjs");
        Path bundled = folder.resolve("script.js");
        ClientProcess.Outcome made = client.run(List.of(
                folder.resolve("node_modules/.bin/esbuild").toString(),
                source.toString(),
                "--bundle",
                "--platform=browser",
                "--outfile=" + bundled));
        assertThat(made.exitCode()).as(made.err()).isZero();
        return Files.readAllBytes(bundled);
    }

    /** Lists streams, reads metrics and deletes a stream as a page would, and at last sends what needs no answer. */
    private static byte[] attack(StreamServer server) {
        String signed =
                "AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0";
        return (BEGINNING + """
                <script>
                const server = 'SERVER';
                const call = (operation, body) => fetch(server, {method: 'POST', body, headers: {
                    'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'Kinesis_20131202.' + operation,
                    'x-amz-date': '20260101T000000Z', 'authorization': 'SIGNED'}});
                const status = promise => promise.then(answer => answer.status, () => 'refused');
                (async () => {
                    const seen = [await status(call('ListStreams', '{}')), await status(fetch(server + 'health')),
                        await status(call('DeleteStream', '{"StreamName": "orders"}'))];
                    await fetch(server, {method: 'POST', mode: 'no-cors', body: '{"StreamName": "orders"}'}).catch(() => 0);
                    window.done(seen + ',sent blindly');
                })();
                </script>
                """)
                .replace("SERVER", server.endpoint() + "/")
                .replace("SIGNED", signed)
                .getBytes(UTF_8);
    }

    private String outcome(byte[] shown, String host) throws Exception {
        page = shown;
        String dom = shown("http://" + host + ":" + pages.getAddress().getPort() + "/");
        assertThat(outcome).as(dom).isCompleted();
        return outcome.join();
    }

    /** A page as Chromium shows it once its scripts are done. */
    private String shown(String url) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-proxy-server",
                "--user-data-dir=" + folder.resolve("profile"),
                "--host-resolver-rules=MAP " + STRANGE + " 127.0.0.1",
                "--dump-dom",
                url));
        ClientProcess.Outcome outcome = client.run(command);
        assertThat(outcome.exitCode()).as(outcome.err()).isZero();
        return outcome.out();
    }

    private StreamServer.Builder settings() throws IOException {
        return StreamServer.builder()
                .port(0)
                .dataDirectory(folder.resolve("data"))
                .transitionTime(Duration.ZERO);
    }

    private static void create(StreamServer server) {
        try (KinesisAsyncClient kinesis =
                LocalClients.kinesisWithoutRetries(server.endpoint().getPort())) {
            LocalClients.createStream(kinesis, "orders", 1);
        }
    }

    private static List<String> streams(StreamServer server) {
        try (KinesisAsyncClient kinesis =
                LocalClients.kinesisWithoutRetries(server.endpoint().getPort())) {
            return kinesis.listStreams().join().streamNames();
        }
    }
}
