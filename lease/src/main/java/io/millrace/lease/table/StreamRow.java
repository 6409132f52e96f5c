package io.millrace.lease.table;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.ShardDirectory.StreamIdentity;
import io.millrace.model.Position;
import io.millrace.model.StreamName;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the application decided about one stream at its first start.
 *
 * @param name the stream
 * @param revision how often the row was written
 * @param identity tells the stream from another of the same name
 * @param initialPosition where shards begin that the application never read
 * @param synced false until the first look at the stream has made all its leases
 * @param barrier why no worker may start for now
 * @param beganOrNull the moment that LATEST stands for as the initial position, by the service's clock; absent with other
 *     positions, and in rows of former versions
 */
public record StreamRow(
        StreamName name,
        long revision,
        StreamIdentity identity,
        Position.Initial initialPosition,
        boolean synced,
        Barrier barrier,
        @Nullable Instant beganOrNull)
        implements Row {
    /** Why no worker may start: only some of the stream's leases are there. */
    public enum Barrier {
        /** They all are. */
        NONE,
        /** They are taken over from elsewhere. */
        IMPORT,
        /** They are deleted; this row goes last. */
        DELETION
    }

    /** Checks the parts. */
    public StreamRow {
        requireNonNull(name, "name");
        requireNonNull(identity, "identity");
        requireNonNull(initialPosition, "initialPosition");
        requireNonNull(barrier, "barrier");
        if (revision < 0) {
            throw new IllegalArgumentException("negative revision of stream " + name);
        }
    }

    /** A stream whose leases are made by the workers themselves. */
    public StreamRow(
            StreamName name, long revision, StreamIdentity identity, Position.Initial initialPosition, boolean synced) {
        this(name, revision, identity, initialPosition, synced, Barrier.NONE, null);
    }

    /** The moment that LATEST stands for; empty with other positions, and while nobody has pinned it. */
    public Optional<Instant> began() {
        return Optional.ofNullable(beganOrNull);
    }

    /** True while the moment that LATEST stands for is needed and unknown. */
    public boolean lacksBegin() {
        return initialPosition instanceof Position.Latest && beganOrNull == null && !synced;
    }

    /** This stream, whose LATEST stands for {@code moment}. */
    public StreamRow beganAt(Instant moment) {
        return new StreamRow(name, revision, identity, initialPosition, synced, barrier, moment);
    }

    /** This stream with all its first leases made. */
    public StreamRow afterSync() {
        return new StreamRow(name, revision, identity, initialPosition, true, Barrier.NONE, beganOrNull);
    }

    /** This stream after an import, which brought leases of it, or found none that could still be read. */
    public StreamRow afterImport(boolean hasLeases) {
        return new StreamRow(name, revision, identity, initialPosition, synced || hasLeases, Barrier.NONE, beganOrNull);
    }

    /** This stream while leases of it are taken over from elsewhere; {@link #afterImport} ends that. */
    public StreamRow duringImport() {
        return new StreamRow(name, revision, identity, initialPosition, synced, Barrier.IMPORT, beganOrNull);
    }

    /** This stream while its leases are deleted; only the end of this row ends that. */
    public StreamRow duringDeletion() {
        return new StreamRow(name, revision, identity, initialPosition, synced, Barrier.DELETION, beganOrNull);
    }

    /** True while leases are taken over from elsewhere and not all are there. */
    public boolean importing() {
        return barrier == Barrier.IMPORT;
    }

    /** True while its leases are deleted and not all are gone. */
    public boolean deleting() {
        return barrier == Barrier.DELETION;
    }

    @Override
    public Entity entity() {
        return Entity.stream(name);
    }

    @Override
    public StreamRow withRevision(long other) {
        return new StreamRow(name, other, identity, initialPosition, synced, barrier, beganOrNull);
    }
}
