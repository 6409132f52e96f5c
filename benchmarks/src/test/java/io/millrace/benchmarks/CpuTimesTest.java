package io.millrace.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CpuTimesTest {
    private static final CpuTimes BEFORE = new CpuTimes(Map.of(
            "1", new CpuTimes.Used("stream-push-0", 1_000_000),
            "2", new CpuTimes.Used("C2 CompilerThre", 5_000_000),
            "3", new CpuTimes.Used("gone", 7_000_000)));
    private static final CpuTimes AFTER = new CpuTimes(Map.of(
            "1", new CpuTimes.Used("stream-push-0", 3_000_000),
            "2", new CpuTimes.Used("C2 CompilerThre", 6_000_000),
            "4", new CpuTimes.Used("stream-push-1", 4_000_000)));

    @Test
    void usedIsWhatThreadsGainedAndWhatNewOnesHave() {
        assertThat(AFTER.since(BEFORE)).isEqualTo(Duration.ofMillis(2 + 1 + 4));
        assertThat(AFTER.ofCompilersSince(BEFORE)).isEqualTo(Duration.ofMillis(1));
    }

    @Test
    void threadsOfAKindAreToldTogether() {
        assertThat(AFTER.perOperation(BEFORE, 1_000)).isEqualTo("stream-push 6.0, C2 CompilerThre 1.0");
        assertThat(new CpuTimes.Used("millrace-http-1-2", 0).kind()).isEqualTo("millrace-http");
        assertThat(new CpuTimes.Used("GC Thread#0", 0).kind()).isEqualTo("GC Thread");
    }
}
