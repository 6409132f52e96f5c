package io.millrace.lease.table;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.WorkerId;

/**
 * Who leads. The leader lives as long as its worker does; the row changes only when the leader does.
 *
 * @param revision how often the row was written
 * @param epoch the fencing number of this leadership
 * @param leader the leading worker
 */
public record LeaderRow(long revision, long epoch, WorkerId leader) implements Row {
    /** Checks the parts. */
    public LeaderRow {
        requireNonNull(leader, "leader");
        if (revision < 0 || epoch < 1) {
            throw new IllegalArgumentException("not a leadership: revision " + revision + ", epoch " + epoch);
        }
    }

    @Override
    public Entity entity() {
        return Entity.leader();
    }

    @Override
    public LeaderRow withRevision(long other) {
        return new LeaderRow(other, epoch, leader);
    }
}
