package io.millrace.lease.table;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.WorkerId;
import io.millrace.model.StreamName;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * One run of one worker. The revision is its heartbeat: whoever sees it move knows that the worker lived.
 *
 * @param id the worker
 * @param revision how often the row was written
 * @param state what the worker is about
 * @param leaseChanges moves whenever the worker took, gave back or finished a lease: a hint to read the leases again
 * @param planSeen the revision of its own plan that the worker acts on, 0 for none
 * @param info what people want to know about it
 */
public record WorkerRow(WorkerId id, long revision, State state, long leaseChanges, long planSeen, Info info)
        implements Row {
    /** Checks the parts. */
    public WorkerRow {
        requireNonNull(id, "id");
        requireNonNull(state, "state");
        requireNonNull(info, "info");
        if (revision < 0) {
            throw new IllegalArgumentException("negative revision of worker " + id);
        }
    }

    /** What a worker is about. */
    public enum State {
        /** It takes part. */
        ACTIVE,
        /** It gives its leases back and takes no new ones. */
        LEAVING
    }

    /**
     * What people want to know about a worker.
     *
     * @param host where it runs
     * @param version what it runs
     * @param leases how many leases it held at the last heartbeat
     * @param maxLeases how many leases it takes at most
     * @param streams which streams it reads; none named means all of the application
     */
    public record Info(String host, String version, int leases, int maxLeases, SortedSet<StreamName> streams) {
        /** Checks the parts and copies the set. */
        public Info {
            requireNonNull(host, "host");
            requireNonNull(version, "version");
            streams = Collections.unmodifiableSortedSet(new TreeSet<>(streams));
            if (maxLeases < 1) {
                throw new IllegalArgumentException("a worker takes at least one lease, not " + maxLeases);
            }
        }

        /** A worker that takes any number of leases of any stream. */
        public Info(String host, String version, int leases) {
            this(host, version, leases, Integer.MAX_VALUE, new TreeSet<>());
        }

        /** The same with {@code held} leases. */
        public Info holding(int held) {
            return new Info(host, version, held, maxLeases, streams);
        }

        /** The same reading {@code named}. */
        public Info reading(SortedSet<StreamName> named) {
            return new Info(host, version, leases, maxLeases, named);
        }

        /** True when the worker reads {@code stream}. */
        public boolean reads(StreamName stream) {
            return streams.isEmpty() || streams.contains(stream);
        }
    }

    @Override
    public Entity entity() {
        return Entity.worker(id);
    }

    @Override
    public WorkerRow withRevision(long other) {
        return new WorkerRow(id, other, state, leaseChanges, planSeen, info);
    }
}
