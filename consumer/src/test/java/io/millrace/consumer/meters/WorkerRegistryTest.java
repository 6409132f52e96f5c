package io.millrace.consumer.meters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.config.MeterFilterReply;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WorkerRegistryTest {
    private final SimpleMeterRegistry users = new SimpleMeterRegistry();

    @Test
    void everyMeterHasTheApplicationAsATag() {
        WorkerRegistry worker = new WorkerRegistry(users, "billing");
        worker.counter("count").increment(3);
        worker.timer("time").record(Duration.ofSeconds(2));
        Gauge.builder("gauge", () -> 7).register(worker);
        TimeGauge.builder("age", () -> 1500, TimeUnit.MILLISECONDS).register(worker);

        assertThat(users.getMeters())
                .hasSize(4)
                .allMatch(meter -> "billing".equals(meter.getId().getTag("application")));
        assertThat(users.get("count").counter().count()).isEqualTo(3);
        assertThat(users.get("time").timer().totalTime(TimeUnit.SECONDS)).isEqualTo(2);
        assertThat(users.get("gauge").gauge().value()).isEqualTo(7);
        assertThat(users.get("age").timeGauge().value(TimeUnit.MILLISECONDS)).isEqualTo(1500);
    }

    @Test
    void gaugeThatTwoWorkersOfAnApplicationShareShowsTheNewerAndGoesWithTheLast() {
        WorkerRegistry first = new WorkerRegistry(users, "billing");
        WorkerRegistry second = new WorkerRegistry(users, "billing");
        Meter one = lag(first, 1);
        lag(second, 2);
        assertThat(users.get("lag").gauge().value()).isEqualTo(2);

        first.remove(one);
        assertThat(users.get("lag").gauge().value()).isEqualTo(2);
        second.close();
        assertThat(users.find("lag").gauge()).isNull();
    }

    @Test
    void workersOfTwoApplicationsDoNotMeet() {
        WorkerRegistry billing = new WorkerRegistry(users, "billing");
        WorkerRegistry audit = new WorkerRegistry(users, "audit");
        lag(billing, 1);
        lag(audit, 2);
        billing.close();

        assertThat(users.find("lag").gauges()).hasSize(1);
        assertThat(users.get("lag").tag("application", "audit").gauge().value()).isEqualTo(2);
    }

    @Test
    void countersStayAndAddUp() {
        WorkerRegistry first = new WorkerRegistry(users, "billing");
        first.counter("count").increment();
        first.close();
        new WorkerRegistry(users, "billing").counter("count").increment();

        assertThat(users.get("count").counter().count()).isEqualTo(2);
    }

    @Test
    void registryThatThrowsHarmsNobody() {
        MeterRegistry refusing = new SimpleMeterRegistry();
        AtomicInteger asked = new AtomicInteger();
        refusing.config().meterFilter(new MeterFilter() {
            @Override
            public MeterFilterReply accept(Meter.Id id) {
                asked.incrementAndGet();
                throw new NoSuchMethodError("of another version");
            }
        });
        WorkerRegistry worker = new WorkerRegistry(refusing, "billing");

        assertThatCode(() -> {
                    Counter counter = worker.counter("count");
                    counter.increment();
                    Timer timer = worker.timer("time");
                    timer.record(Duration.ofSeconds(1));
                    worker.remove(lag(worker, 1));
                    worker.close();
                })
                .doesNotThrowAnyException();
        assertThat(asked).hasPositiveValue();
    }

    private static Meter lag(MeterRegistry registry, int value) {
        return Gauge.builder("lag", () -> value).register(registry);
    }
}
