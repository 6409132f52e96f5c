package io.millrace.multilang;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.multilang.child.ChildEnd;
import io.millrace.multilang.child.ChildListener;
import io.millrace.multilang.child.ChildName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The figures of children, and that whoever listens behind them hears everything. */
class ChildMetersTest {
    private static final ChildName FIRST = new ChildName(new StreamName("orders"), ShardId.of(0));
    private static final ChildName OTHER = new ChildName(new StreamName("clicks"), ShardId.of(0));

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final List<String> heard = new ArrayList<>();

    @Test
    void childrenAreCountedByStreamAndApplication() {
        ChildMeters meters = new ChildMeters(registry, "app", new ChildListener() {
            @Override
            public void ended(ChildName child, long pid, String reason, ChildEnd end) {
                heard.add(reason);
            }
        });
        meters.started(FIRST, 7);
        meters.started(OTHER, 8);
        meters.ready(FIRST, Duration.ofMillis(40));
        meters.answered(FIRST, Duration.ofMillis(5));
        meters.moved(FIRST, 100, 0);
        meters.moved(FIRST, 0, 20);
        meters.ended(FIRST, 7, "exited", ChildEnd.EXITED);
        meters.started(FIRST, 9);
        meters.ended(FIRST, 9, "late", ChildEnd.TIMEOUT);
        meters.ended(FIRST, -1, "none", ChildEnd.NOT_STARTED);
        meters.ended(OTHER, 8, "left", ChildEnd.WANTED);

        assertThat(running("orders")).isZero();
        assertThat(running("clicks")).isZero();
        assertThat(count("millrace.child.starts")).isEqualTo(2);
        assertThat(count("millrace.child.restarts", "reason", "exited")).isEqualTo(1);
        assertThat(count("millrace.child.restarts", "reason", "timeout")).isEqualTo(1);
        assertThat(count("millrace.child.restarts", "reason", "not_started")).isEqualTo(1);
        assertThat(registry.find("millrace.child.restarts")
                        .tag("reason", "wanted")
                        .counter())
                .isNull();
        assertThat(count("millrace.child.bytes", "direction", "to")).isEqualTo(100);
        assertThat(count("millrace.child.bytes", "direction", "from")).isEqualTo(20);
        assertThat(time("millrace.child.start.time")).isEqualTo(40);
        assertThat(time("millrace.child.time")).isEqualTo(5);
        assertThat(heard).containsExactly("exited", "late", "none", "left");
    }

    private double running(String stream) {
        return registry.get("millrace.child.running")
                .tags("application", "app", "stream", stream)
                .gauge()
                .value();
    }

    private double count(String name, String... tags) {
        return registry.get(name)
                .tags("application", "app", "stream", "orders")
                .tags(tags)
                .counter()
                .count();
    }

    private double time(String name) {
        return registry.get(name)
                .tags("application", "app", "stream", "orders")
                .timer()
                .totalTime(TimeUnit.MILLISECONDS);
    }
}
