package io.millrace.lease.table;

/** One row of the table, as it was read or shall be written. Every change of a row raises its revision by one. */
public sealed interface Row
        permits HealthRow, LeaderRow, LeaseRow, NewsRow, PauseRow, PlanRow, StreamRow, UnreadableRow, WorkerRow {
    /** What the row is about. */
    Entity entity();

    /** How often the row has been written, from 1; 0 in a row that is not in the table yet. */
    long revision();

    /** This content under another revision. */
    Row withRevision(long revision);

    /** True when {@code other} says the same, whatever the revisions. */
    default boolean sameContent(Row other) {
        return withRevision(0).equals(other.withRevision(0));
    }
}
