package io.millrace.streamcore.api.operate;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.millrace.streamcore.api.call.ApiAnswer;
import io.millrace.streamcore.api.call.ApiRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The pages for operators, on the same port as everything else: {@code GET /health} for all, its reasons and {@code GET
 * /metrics} for those who may: both tell the names of streams. Safe for any thread.
 */
public final class OperatorPages {
    /** No pages but a health that is always well. */
    public static final OperatorPages BARE = new OperatorPages(() -> Health.OK, out -> {}, request -> false);

    private static final JsonFactory JSON = new JsonFactory();
    private static final String METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";
    private static final String TEXT_TYPE = "text/plain; charset=utf-8";

    private final Supplier<Health> health;
    private final Metrics metrics;
    private final Predicate<ApiRequest> isOperator;

    /**
     * The pages of a server.
     *
     * @param health how the server is now
     * @param metrics writes what it counted
     * @param isOperator who hears more than whether the server is well
     */
    public OperatorPages(Supplier<Health> health, Metrics metrics, Predicate<ApiRequest> isOperator) {
        this.health = requireNonNull(health, "health");
        this.metrics = requireNonNull(metrics, "metrics");
        this.isOperator = requireNonNull(isOperator, "isOperator");
    }

    /** Answers a request for one of the pages; empty for all others. */
    public Optional<ApiAnswer> answer(ApiRequest request) {
        boolean isHead = request.method().equals("HEAD");
        if (!isHead && !request.method().equals("GET")) {
            return Optional.empty();
        }
        return switch (request.path()) {
            case "/health" -> Optional.of(healthPage(request, isHead));
            case "/metrics" -> Optional.of(metricsPage(request, isHead));
            default -> Optional.empty();
        };
    }

    private ApiAnswer healthPage(ApiRequest request, boolean isHead) {
        Health real = health.get();
        Health now = isOperator.test(request) ? real : new Health(real.status(), List.of());
        int status = now.status() == Health.Status.OK ? 200 : 503;
        return page(status, "application/json", isHead ? ApiAnswer.Whole.EMPTY : out -> write(now, out));
    }

    private ApiAnswer metricsPage(ApiRequest request, boolean isHead) {
        if (!isOperator.test(request)) {
            return page(
                    403,
                    TEXT_TYPE,
                    isHead
                            ? ApiAnswer.Whole.EMPTY
                            : out -> out.write(
                                    "Metrics are for requests from this machine. Let an agent here fetch them.\n"
                                            .getBytes(StandardCharsets.UTF_8)));
        }
        return page(200, METRICS_TYPE, isHead ? ApiAnswer.Whole.EMPTY : metrics::writeTo);
    }

    private static ApiAnswer page(int status, String type, ApiAnswer.Whole body) {
        return ApiAnswer.whole(status, Map.of("content-type", type, "cache-control", "no-store"), body);
    }

    private static void write(Health health, OutputStream out) throws IOException {
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("status", health.status().name().toLowerCase(Locale.ROOT));
            json.writeArrayFieldStart("reasons");
            for (String reason : health.reasons()) {
                json.writeString(reason);
            }
            json.writeEndArray();
            json.writeEndObject();
        }
    }

    /** What the server counted. */
    @FunctionalInterface
    public interface Metrics {
        /**
         * Writes all of it in the text format of Prometheus.
         *
         * @throws IOException if the destination refuses
         */
        void writeTo(OutputStream out) throws IOException;
    }
}
