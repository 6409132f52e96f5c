package io.millrace.streamcore.metrics;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.streamcore.api.operate.CallProbe;
import io.millrace.streamcore.log.LogProbe;
import io.millrace.streamcore.stream.watch.StreamProbe;
import java.io.IOException;
import java.io.OutputStream;
import java.util.SortedMap;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * The meters of one server. All names begin with {@code millrace.server.}; meters of a stream go when the stream goes.
 * Safe for any thread.
 */
public final class ServerMetrics implements AutoCloseable {
    static final String PREFIX = "millrace.server.";

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final StorageMeters storage = new StorageMeters(registry);

    /** The registry that holds them all, for whoever runs the server inside a program of their own. */
    public MeterRegistry registry() {
        return registry;
    }

    /** Counts what the storage does. */
    public LogProbe storage() {
        return storage;
    }

    /** Why logs take no more writes, by their names; of those only that take none. */
    public SortedMap<String, String> failedLogs() {
        return storage.failed();
    }

    /** Counts what happens in streams, whose meters name them with {@code prefix} before. */
    public StreamProbe.Source streams(String prefix) {
        return stream -> new StreamMeters(registry, prefix + stream.value());
    }

    /** Counts calls. */
    public CallProbe.Source calls() {
        return operation -> new CallMeters(registry, operation);
    }

    /** Shows how many connections are open. */
    public void watchConnections(IntSupplier open) {
        requireNonNull(open, "open");
        Gauge.builder(PREFIX + "connections", open, IntSupplier::getAsInt)
                .description("Connections that are open")
                .strongReference(true)
                .register(registry);
    }

    /** Shows how many bytes wait for the clients of pipes to take them. */
    public void watchPushedBytes(LongSupplier waiting) {
        watchBytes("pushed.waiting.bytes", "Bytes that wait in memory for the clients of pipes to take them", waiting);
    }

    /** Shows how many bytes requests in hand hold. */
    public void watchRequestBytes(LongSupplier held) {
        watchBytes("request.bytes", "Bytes that requests in hand hold in memory", held);
    }

    /** Shows how many bytes of answers wait for their clients to take them. */
    public void watchAnswerBytes(LongSupplier waiting) {
        watchBytes(
                "answer.waiting.bytes", "Bytes of answers that wait in memory for their clients to take them", waiting);
    }

    private void watchBytes(String name, String description, LongSupplier bytes) {
        requireNonNull(bytes, "bytes");
        Gauge.builder(PREFIX + name, bytes, LongSupplier::getAsLong)
                .description(description)
                .strongReference(true)
                .register(registry);
    }

    /**
     * Writes all of it in the text format of Prometheus.
     *
     * @throws IOException if the destination refuses
     */
    public void writeTo(OutputStream out) throws IOException {
        registry.scrape(out);
    }

    @Override
    public void close() {
        registry.close();
    }
}
