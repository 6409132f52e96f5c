package io.millrace.lease.table;

import static java.util.Objects.requireNonNull;

/**
 * Its revision moves whenever plans were written, after they were. So workers look at this small row all the time and at
 * the plans, which grow with the leases, only when there are new ones.
 *
 * @param revision how often plans were written
 * @param by who wrote them last, for people
 */
public record NewsRow(long revision, String by) implements Row {
    /** Checks the parts. */
    public NewsRow {
        requireNonNull(by, "by");
        if (revision < 0) {
            throw new IllegalArgumentException("negative revision of the news");
        }
    }

    @Override
    public Entity entity() {
        return Entity.news();
    }

    @Override
    public NewsRow withRevision(long other) {
        return new NewsRow(other, by);
    }
}
