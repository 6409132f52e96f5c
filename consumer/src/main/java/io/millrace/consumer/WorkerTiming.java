package io.millrace.consumer;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/** The durations of a worker; see the builder for what they mean. */
record WorkerTiming(
        Duration failoverTime, Duration idleTimeBetweenReads, Duration checkpointInterval, Duration stuckAfter) {
    static final WorkerTiming DEFAULT = new WorkerTiming(
            Duration.ofSeconds(10), Duration.ofMillis(250), Duration.ofSeconds(1), Duration.ofMinutes(1));

    WorkerTiming {
        requireNonNull(failoverTime, "failoverTime");
        requireNonNull(idleTimeBetweenReads, "idleTimeBetweenReads");
        requireNonNull(checkpointInterval, "checkpointInterval");
        requireNonNull(stuckAfter, "stuckAfter");
        if (failoverTime.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException("failoverTime is at least 1 s, not " + failoverTime);
        }
        if (idleTimeBetweenReads.compareTo(Duration.ofMillis(1)) < 0) {
            throw new IllegalArgumentException("idleTimeBetweenReads is at least 1 ms, not " + idleTimeBetweenReads);
        }
        if (checkpointInterval.isNegative()) {
            throw new IllegalArgumentException("checkpointInterval is not negative: " + checkpointInterval);
        }
        if (stuckAfter.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException("stuckAfter is at least 1 s, not " + stuckAfter);
        }
    }

    WorkerTiming withFailoverTime(Duration time) {
        return new WorkerTiming(time, idleTimeBetweenReads, checkpointInterval, stuckAfter);
    }

    WorkerTiming withIdleTimeBetweenReads(Duration time) {
        return new WorkerTiming(failoverTime, time, checkpointInterval, stuckAfter);
    }

    WorkerTiming withCheckpointInterval(Duration interval) {
        return new WorkerTiming(failoverTime, idleTimeBetweenReads, interval, stuckAfter);
    }

    WorkerTiming withStuckAfter(Duration time) {
        return new WorkerTiming(failoverTime, idleTimeBetweenReads, checkpointInterval, time);
    }
}
