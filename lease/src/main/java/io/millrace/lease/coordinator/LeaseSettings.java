package io.millrace.lease.coordinator;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.LostTable;
import io.millrace.model.Position;
import io.millrace.model.StreamName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How one worker takes part. All workers of an application must use the same failover time.
 *
 * @param workerName what the user calls the worker
 * @param streams the streams to share, at least one
 * @param failoverTime how long a worker may be silent before others take its leases; 10 s by default, at least 1 s. It
 *     stops by itself after 80 % of it
 * @param pollInterval how often plans and heartbeats are read; by default a twentieth of the failover time, at most 250
 *     ms; at most a fifth of the failover time
 * @param handoffTimeout how long a worker may take to give back a lease that is planned for another; the failover time
 *     by default
 * @param shardSyncInterval how often the leader compares leases with the stream's shards; 60 s by default
 * @param startTimeout how long a start waits for a table or a stream that does not answer; 10 s by default
 * @param host what the worker's row shows as the place where it runs; empty by default
 * @param maxLeases how many leases this worker takes at most; any number by default
 * @param onLostTable what it does when the table loses what must be there; by default it stops
 */
public record LeaseSettings(
        String workerName,
        List<StreamSettings> streams,
        Duration failoverTime,
        Duration pollInterval,
        Duration handoffTimeout,
        Duration shardSyncInterval,
        Duration startTimeout,
        String host,
        int maxLeases,
        LostTable onLostTable) {
    /** Checks the relations and copies the list. */
    public LeaseSettings {
        requireNonNull(workerName, "workerName");
        requireNonNull(host, "host");
        requireNonNull(onLostTable, "onLostTable");
        streams = List.copyOf(streams);
        Set<StreamName> names = new HashSet<>();
        for (StreamSettings stream : streams) {
            check(names.add(stream.name()), "stream " + stream.name() + " is named twice");
        }
        check(!streams.isEmpty(), "a worker needs at least one stream");
        check(failoverTime.compareTo(Duration.ofSeconds(1)) >= 0, "failover time is at least 1 s, not " + failoverTime);
        check(isPositive(pollInterval), "poll interval must be above zero");
        check(
                pollInterval.multipliedBy(5).compareTo(failoverTime) <= 0,
                "poll interval " + pollInterval + " is above a fifth of the failover time " + failoverTime);
        check(isPositive(handoffTimeout), "handoff timeout must be above zero");
        check(isPositive(shardSyncInterval), "shard sync interval must be above zero");
        check(isPositive(startTimeout), "start timeout must be above zero");
        check(maxLeases >= 1, "a worker takes at least one lease, not " + maxLeases);
    }

    /**
     * One stream of the application.
     *
     * @param name the stream
     * @param initialPosition where shards begin that the application never read; pinned in the table at the first start
     */
    public record StreamSettings(StreamName name, Position.Initial initialPosition) {
        /** Checks the parts. */
        public StreamSettings {
            requireNonNull(name, "name");
            requireNonNull(initialPosition, "initialPosition");
        }
    }

    /** Starts from the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** The same settings for other streams. */
    LeaseSettings withStreams(List<StreamSettings> other) {
        return new LeaseSettings(
                workerName,
                other,
                failoverTime,
                pollInterval,
                handoffTimeout,
                shardSyncInterval,
                startTimeout,
                host,
                maxLeases,
                onLostTable);
    }

    Duration heartbeatInterval() {
        return failoverTime.dividedBy(5);
    }

    /** How often a worker writes its heartbeat while the table takes fewer writes than workers want: that leaves room for others. */
    Duration sparingHeartbeatInterval() {
        return heartbeatInterval().multipliedBy(3).dividedBy(2);
    }

    /** How often a worker looks at leases that others are about to give it. */
    Duration watchInterval() {
        return pollInterval.dividedBy(5);
    }

    /** For how long after a heartbeat was sent a worker may believe in its leases. */
    Duration proofTime() {
        return failoverTime.dividedBy(5).multipliedBy(4);
    }

    /** How long a holder has for giving back what is planned for another: others wait for the whole handoff timeout. */
    Duration givingTime() {
        return handoffTimeout.multipliedBy(4).dividedBy(5);
    }

    private static boolean isPositive(Duration time) {
        return !time.isZero() && !time.isNegative();
    }

    private static void check(boolean condition, String otherwise) {
        if (!condition) {
            throw new IllegalArgumentException(otherwise);
        }
    }

    /** Collects settings; not safe for several threads. */
    public static final class Builder {
        private static final Duration SLOWEST_DEFAULT_POLL = Duration.ofMillis(250);

        private String workerName = "worker";
        private final List<StreamSettings> streams = new ArrayList<>();
        private Duration failoverTime = Duration.ofSeconds(10);
        private @Nullable Duration pollInterval;
        private @Nullable Duration handoffTimeout;
        private Duration shardSyncInterval = Duration.ofSeconds(60);
        private Duration startTimeout = Duration.ofSeconds(10);
        private String host = "";
        private int maxLeases = Integer.MAX_VALUE;
        private LostTable onLostTable = LostTable.STOP;

        private Builder() {}

        /** What the user calls the worker; {@code worker} by default. Names need not be unique. */
        public Builder workerName(String name) {
            this.workerName = requireNonNull(name, "name");
            return this;
        }

        /** Adds a stream. */
        public Builder stream(StreamName name, Position.Initial initialPosition) {
            streams.add(new StreamSettings(name, initialPosition));
            return this;
        }

        /** See {@link LeaseSettings#failoverTime()}. */
        public Builder failoverTime(Duration time) {
            this.failoverTime = requireNonNull(time, "time");
            return this;
        }

        /** See {@link LeaseSettings#pollInterval()}. */
        public Builder pollInterval(Duration interval) {
            this.pollInterval = requireNonNull(interval, "interval");
            return this;
        }

        /** See {@link LeaseSettings#handoffTimeout()}. */
        public Builder handoffTimeout(Duration timeout) {
            this.handoffTimeout = requireNonNull(timeout, "timeout");
            return this;
        }

        /** See {@link LeaseSettings#shardSyncInterval()}. */
        public Builder shardSyncInterval(Duration interval) {
            this.shardSyncInterval = requireNonNull(interval, "interval");
            return this;
        }

        /** See {@link LeaseSettings#startTimeout()}. */
        public Builder startTimeout(Duration timeout) {
            this.startTimeout = requireNonNull(timeout, "timeout");
            return this;
        }

        /** See {@link LeaseSettings#host()}. */
        public Builder host(String name) {
            this.host = requireNonNull(name, "name");
            return this;
        }

        /** See {@link LeaseSettings#maxLeases()}. */
        public Builder maxLeases(int most) {
            this.maxLeases = most;
            return this;
        }

        /** See {@link LeaseSettings#onLostTable()}. */
        public Builder onLostTable(LostTable reaction) {
            this.onLostTable = requireNonNull(reaction, "reaction");
            return this;
        }

        /**
         * The settings.
         *
         * @throws IllegalArgumentException if they do not fit together
         */
        public LeaseSettings build() {
            Duration twentieth = failoverTime.dividedBy(20);
            Duration poll = twentieth.compareTo(SLOWEST_DEFAULT_POLL) < 0 ? twentieth : SLOWEST_DEFAULT_POLL;
            return new LeaseSettings(
                    workerName,
                    streams,
                    failoverTime,
                    pollInterval == null ? poll : pollInterval,
                    handoffTimeout == null ? failoverTime : handoffTimeout,
                    shardSyncInterval,
                    startTimeout,
                    host,
                    maxLeases,
                    onLostTable);
        }
    }
}
