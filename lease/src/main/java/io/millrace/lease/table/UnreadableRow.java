package io.millrace.lease.table;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import io.millrace.model.StreamName;
import java.util.Optional;

/**
 * A row that this version cannot read: damaged, written by hand, or of a newer version. It is there all the same: nothing
 * may be made in its place, and it proves nothing of what it is about.
 *
 * @param entity what the row is about, by its key
 * @param revisionText the row's revision as it stands there; empty when it has none
 * @param reason why it cannot be read, in one line
 */
public record UnreadableRow(Entity entity, String revisionText, String reason) implements Row {
    /** Checks the parts. */
    public UnreadableRow {
        requireNonNull(entity, "entity");
        requireNonNull(revisionText, "revisionText");
        requireNonNull(reason, "reason");
    }

    /** The row's revision; 0 when it has none that can be read. */
    @Override
    public long revision() {
        try {
            return Math.max(0, Long.parseLong(revisionText));
        } catch (NumberFormatException unreadable) {
            return 0;
        }
    }

    @Override
    public UnreadableRow withRevision(long other) {
        return new UnreadableRow(entity, Long.toString(other), reason);
    }

    /** The lease that the row is about; empty when it is about something else, or the key cannot be read either. */
    public Optional<LeaseKey> lease() {
        return entity.lease();
    }

    /** The worker whose heartbeat the row is, likewise. */
    public Optional<WorkerId> worker() {
        return entity.worker();
    }

    /** The worker whose plan the row is, likewise. */
    public Optional<WorkerId> plannedFor() {
        return entity.planned();
    }

    /** The stream that the row is about, be it the stream's own row or that of one of its leases, likewise. */
    public Optional<StreamName> stream() {
        return entity.stream();
    }
}
