package io.millrace.consumer.watch;

import io.millrace.fanout.ServiceTime;
import java.time.Duration;

/**
 * By what the shards of one worker are watched.
 *
 * @param serviceTime what ages of records are measured with
 * @param reports where failures are written down
 * @param stuckAfter how long a call may take before its shard counts as stuck
 */
public record Oversight(ServiceTime serviceTime, FailureReports reports, Duration stuckAfter) {}
