package io.millrace.streamcore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.streamcore.api.call.ApiAnswer;
import io.millrace.streamcore.api.call.ApiRequest;
import io.millrace.streamcore.api.operate.Health;
import io.millrace.streamcore.api.operate.OperatorPages;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class GateTest {
    private final Map<String, String> failed = new TreeMap<>();
    private Optional<String> shortage = Optional.empty();
    private final Gate gate = new Gate(() -> failed, () -> shortage);
    private final OperatorPages pages = new OperatorPages(
            gate::health, out -> out.write('m'), request -> request.peer().isLoopbackAddress());

    @Test
    void whileTheServerStartsRequestsAreToldToComeAgain() throws Exception {
        gate.show(pages);
        ApiAnswer answer = gate.apply(request("POST", "/")).get();
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.headers()).containsEntry("retry-after", "1");
        assertThat(text(answer)).contains("ServiceUnavailableException");

        ApiAnswer health = gate.apply(request("GET", "/health")).get();
        assertThat(health.status()).isEqualTo(503);
        assertThat(text(health))
                .isEqualTo("{\"status\":\"starting\",\"reasons\":[\"the server opens what it keeps\"]}");
    }

    @Test
    void anOpenGateLetsRequestsThrough() throws Exception {
        ApiAnswer answer = ApiAnswer.whole(200, Map.of(), ApiAnswer.Whole.EMPTY);
        gate.open(request -> CompletableFuture.completedFuture(answer));
        assertThat(gate.apply(request("POST", "/")).get()).isSameAs(answer);
        assertThat(gate.health()).isEqualTo(Health.OK);
    }

    @Test
    void aDrainingServerIsNotWellAndSaysWhy() throws Exception {
        gate.open(request ->
                CompletableFuture.completedFuture(pages.answer(request).orElseThrow()));
        gate.drain();
        ApiAnswer health = gate.apply(request("GET", "/health")).get();
        assertThat(health.status()).isEqualTo(503);
        assertThat(text(health)).startsWith("{\"status\":\"draining\"");
        assertThatThrownBy(gate::drain).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aServerThatRanOutOfMemoryServesAndSaysSo() throws Exception {
        gate.open(request ->
                CompletableFuture.completedFuture(pages.answer(request).orElseThrow()));
        shortage = Optional.of("the server ran out of memory");
        ApiAnswer health = gate.apply(request("GET", "/health")).get();
        assertThat(health.status()).isEqualTo(200);
        assertThat(text(health)).isEqualTo("{\"status\":\"ok\",\"reasons\":[\"the server ran out of memory\"]}");
    }

    @Test
    void aLogThatTakesNoMoreWritesMakesTheServerUnwell() throws Exception {
        gate.open(request ->
                CompletableFuture.completedFuture(pages.answer(request).orElseThrow()));
        failed.put("orders@1", "writing to /d failed (No space left on device)");
        ApiAnswer health = gate.apply(request("GET", "/health")).get();
        assertThat(health.status()).isEqualTo(503);
        assertThat(text(health))
                .contains(
                        "\"failed\"",
                        "the log orders@1 takes no more writes: writing to /d failed (No space left on device)");
        failed.clear();
        assertThat(gate.health().status()).isEqualTo(Health.Status.OK);
    }

    @Test
    void metricsAreNotForOthersThanThoseWhoMay() throws Exception {
        ApiRequest stranger = new ApiRequest(
                InetAddress.getByName("192.0.2.1"), "GET", "/metrics", "", name -> null, ByteBuffer.allocate(0));
        assertThat(pages.answer(stranger).orElseThrow().status()).isEqualTo(403);
        ApiAnswer metrics = pages.answer(request("GET", "/metrics")).orElseThrow();
        assertThat(metrics.status()).isEqualTo(200);
        assertThat(text(metrics)).isEqualTo("m");
        assertThat(pages.answer(request("GET", "/other"))).isEmpty();
        assertThat(pages.answer(request("POST", "/metrics"))).isEmpty();
    }

    /** Why it is not well tells the names of streams. */
    @Test
    void whetherTheServerIsWellIsForAllAndWhyIsForThoseWhoMay() throws Exception {
        gate.open(request ->
                CompletableFuture.completedFuture(pages.answer(request).orElseThrow()));
        failed.put("orders@1", "writing to /d failed (No space left on device)");
        ApiRequest stranger = new ApiRequest(
                InetAddress.getByName("192.0.2.1"), "GET", "/health", "", name -> null, ByteBuffer.allocate(0));
        ApiAnswer health = gate.apply(stranger).get();
        assertThat(health.status()).isEqualTo(503);
        assertThat(text(health)).isEqualTo("{\"status\":\"failed\",\"reasons\":[]}");
    }

    private static ApiRequest request(String method, String path) {
        return ApiRequest.local(method, path, "", name -> null, ByteBuffer.allocate(0));
    }

    private static String text(ApiAnswer answer) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ((ApiAnswer.Whole) answer.body()).writeTo(out);
        return out.toString(StandardCharsets.UTF_8);
    }
}
