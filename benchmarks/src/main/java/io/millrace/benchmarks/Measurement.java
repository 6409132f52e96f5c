package io.millrace.benchmarks;

import java.time.Duration;
import org.HdrHistogram.Histogram;

/**
 * What was seen of one server under one workload.
 *
 * @param requests how many were answered
 * @param records how many records they moved
 * @param wall how long it took
 * @param cpu what CPU time the server used for it
 * @param latency of requests, in nanoseconds
 */
record Measurement(long requests, long records, Duration wall, Duration cpu, Histogram latency) {
    double recordsPerSecond() {
        return records / seconds(wall);
    }

    double recordsPerCpuSecond() {
        return records / seconds(cpu);
    }

    double requestsPerCpuSecond() {
        return requests / seconds(cpu);
    }

    double latencyMillis(double percentile) {
        return latency.getValueAtPercentile(percentile) / 1e6;
    }

    private static double seconds(Duration duration) {
        return Math.max(duration.toNanos(), 1) / 1e9;
    }
}
