package io.millrace.systemtests.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.consumer.Worker;
import io.millrace.systemtests.house.Checkout;
import io.millrace.systemtests.process.Waiting;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;

/** Every meter that {@code dist/millrace-alerts.yml} names is one that a server or a worker has. */
@Timeout(60)
class AlertsTest {
    private static final Pattern METER = Pattern.compile("\\bmillrace_[a-z_]+");

    @Test
    void everyMeterOfTheAlertsIsThere(@TempDir Path folder) throws Exception {
        SortedSet<String> named = new TreeSet<>();
        Matcher meters = METER.matcher(Files.readString(Checkout.top().resolve("dist/millrace-alerts.yml")));
        while (meters.find()) {
            named.add(meters.group());
        }
        assertThat(named).hasSizeGreaterThan(10);
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        AtomicInteger processed = new AtomicInteger();
        try (Services services = new Services(folder)) {
            services.createStream("polled", 1);
            services.createStream("pushed", 1);
            services.put("polled", 0, 10, 3);
            services.put("pushed", 0, 10, 3);
            services.kinesis
                    .addTagsToStream(request -> request.streamName("polled").tags(Map.of("millrace:quotas", "0.001")))
                    .join();
            assertThat(throttled(services)).isPositive();
            services.kinesis
                    .removeTagsFromStream(
                            request -> request.streamName("polled").tagKeys("millrace:quotas"))
                    .join();
            try (Worker polling = services.worker(
                                    "polled",
                                    () -> batch ->
                                            processed.addAndGet(batch.records().size()))
                            .meterRegistry(registry)
                            .build();
                    Worker pushing = services.worker(
                                    "pushed",
                                    () -> batch ->
                                            processed.addAndGet(batch.records().size()))
                            .meterRegistry(registry)
                            .fanOut()
                            .build()) {
                polling.start();
                pushing.start();
                Waiting.until(() -> processed.get() >= 20);
                // The gauges of a shard appear with the first look at it, which may come after its records.
                Waiting.until(() -> isShown(registry.scrape(), "millrace_behind_latest_seconds")
                        && isShown(registry.scrape(), "millrace_batch_age_seconds"));
                String shown = scraped(services) + registry.scrape();
                assertThat(named)
                        .filteredOn(name -> !isShown(shown, name))
                        .as("meters that are not there")
                        .isEmpty();
            }
        }
    }

    private static boolean isShown(String all, String name) {
        return Pattern.compile("(?m)^" + name + "[{ ]").matcher(all).find();
    }

    /** How many of some records were refused. */
    private static int throttled(Services services) {
        PutRecordsRequestEntry entry = PutRecordsRequestEntry.builder()
                .partitionKey("k")
                .data(SdkBytes.fromUtf8String("x".repeat(500)))
                .build();
        int refused = 0;
        for (int i = 0; i < 10; i++) {
            refused += services.kinesis
                    .putRecords(request -> request.streamName("polled").records(List.of(entry)))
                    .join()
                    .failedRecordCount();
        }
        return refused;
    }

    private static String scraped(Services services) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(services.streams() + "/metrics"))
                .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .body();
    }
}
