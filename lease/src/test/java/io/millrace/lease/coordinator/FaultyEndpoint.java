package io.millrace.lease.coordinator;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Stands before a real DynamoDB endpoint, on loopback, and spoils what goes through it. Safe for any thread. */
final class FaultyEndpoint implements AutoCloseable {
    private static final List<String> PASSED_ON = List.of(
            "Authorization", "Content-Type", "X-Amz-Date", "X-Amz-Target", "X-Amz-Content-Sha256", "X-Amz-Api-Version");
    private static final String THROTTLED =
            "{\"__type\":\"com.amazonaws.dynamodb.v20120810#ThrottlingException\",\"message\":\"too much\"}";

    private static final String EXCEEDED =
            "{\"__type\":\"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException\","
                    + "\"message\":\"The level of configured provisioned throughput for the table was exceeded.\"}";

    /** What becomes of a call. */
    enum Mode {
        /** It is answered. */
        PASS,
        /** Its connection is closed before it is read. */
        REFUSE,
        /** It is never answered. */
        SILENT,
        /** It is answered that there were too many. */
        THROTTLE,
        /** It is done, and its connection is closed instead of an answer. */
        DEAF,
        /** It is answered; but of writes only so many a second, and the others that there were too many. */
        LIMIT
    }

    private final URI target;
    private final HttpServer server;
    private final HttpClient client = HttpClient.newHttpClient();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final LinkedBlockingQueue<String> spoilt = new LinkedBlockingQueue<>();
    private volatile Mode mode = Mode.PASS;
    private volatile WriteLimit limit = WriteLimit.none();

    FaultyEndpoint(URI target) throws IOException {
        this.target = target;
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    void become(Mode next) {
        spoilt.clear();
        mode = next;
    }

    /** Lets writes through as {@code allowed} says. */
    void limit(WriteLimit allowed) {
        limit = allowed;
        become(Mode.LIMIT);
    }

    /** Waits until {@code calls} of {@code operation} came to grief since the mode was set; any, if that is empty. */
    void awaitSpoilt(int calls, String operation) throws InterruptedException {
        for (int seen = 0; seen < calls; ) {
            String call = spoilt.poll(20, TimeUnit.SECONDS);
            if (call == null) {
                throw new AssertionError("only " + seen + " calls came");
            }
            seen += call.contains(operation) ? 1 : 0;
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void handle(HttpExchange call) throws IOException {
        Mode now = mode;
        byte[] body = call.getRequestBody().readAllBytes();
        switch (now) {
            case PASS -> pass(call, body);
            case REFUSE -> call.close();
            case SILENT -> {}
            case THROTTLE -> answer(call, 400, THROTTLED.getBytes(StandardCharsets.UTF_8));
            case DEAF -> {
                send(call, body);
                call.close();
            }
            case LIMIT -> {
                if (!isWrite(call) || limit.allows(System.nanoTime())) {
                    pass(call, body);
                } else {
                    answer(call, 400, EXCEEDED.getBytes(StandardCharsets.UTF_8));
                }
            }
        }
        if (now != Mode.PASS && now != Mode.LIMIT) {
            spoilt.add(String.valueOf(call.getRequestHeaders().getFirst("X-Amz-Target")));
        }
    }

    private static boolean isWrite(HttpExchange call) {
        String operation = String.valueOf(call.getRequestHeaders().getFirst("X-Amz-Target"));
        return operation.endsWith("UpdateItem") || operation.endsWith("DeleteItem");
    }

    private void pass(HttpExchange call, byte[] body) throws IOException {
        HttpResponse<byte[]> answer = send(call, body);
        answer.headers()
                .firstValue("x-amz-crc32")
                .ifPresent(crc -> call.getResponseHeaders().set("x-amz-crc32", crc));
        answer(call, answer.statusCode(), answer.body());
    }

    private HttpResponse<byte[]> send(HttpExchange call, byte[] body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(target).POST(HttpRequest.BodyPublishers.ofByteArray(body));
        for (String name : PASSED_ON) {
            String value = call.getRequestHeaders().getFirst(name);
            if (value != null) {
                request.header(name, value);
            }
        }
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(error);
        }
    }

    private static void answer(HttpExchange call, int status, byte[] body) throws IOException {
        call.getResponseHeaders().set("Content-Type", "application/x-amz-json-1.0");
        call.sendResponseHeaders(status, body.length);
        call.getResponseBody().write(body);
        call.close();
    }
}
