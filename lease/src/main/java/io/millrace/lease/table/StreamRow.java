package io.millrace.lease.table;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.ShardDirectory.StreamIdentity;
import io.millrace.model.Position;
import io.millrace.model.StreamName;

/**
 * What the application decided about one stream at its first start.
 *
 * @param name the stream
 * @param revision how often the row was written
 * @param identity tells the stream from another of the same name
 * @param initialPosition where shards begin that the application never read
 * @param synced false until the first look at the stream has made all its leases
 * @param importing true while leases are taken over from elsewhere and not all are there: no worker may start then
 */
public record StreamRow(
        StreamName name,
        long revision,
        StreamIdentity identity,
        Position.Initial initialPosition,
        boolean synced,
        boolean importing)
        implements Row {
    /** Checks the parts. */
    public StreamRow {
        requireNonNull(name, "name");
        requireNonNull(identity, "identity");
        requireNonNull(initialPosition, "initialPosition");
        if (revision < 0) {
            throw new IllegalArgumentException("negative revision of stream " + name);
        }
    }

    /** A stream whose leases are made by the workers themselves. */
    public StreamRow(
            StreamName name, long revision, StreamIdentity identity, Position.Initial initialPosition, boolean synced) {
        this(name, revision, identity, initialPosition, synced, false);
    }

    /** This stream with all its first leases made. */
    public StreamRow afterSync() {
        return new StreamRow(name, revision, identity, initialPosition, true);
    }

    /** This stream while leases of it are taken over from elsewhere; {@link #afterSync} ends that. */
    public StreamRow duringImport() {
        return new StreamRow(name, revision, identity, initialPosition, synced, true);
    }

    @Override
    public Entity entity() {
        return Entity.stream(name);
    }

    @Override
    public StreamRow withRevision(long other) {
        return new StreamRow(name, other, identity, initialPosition, synced, importing);
    }
}
