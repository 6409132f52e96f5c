package io.millrace.lease.coordinator;

/** Kinds of writes, the most urgent first: it is sent before all others that wait. */
enum WriteKind {
    /** The proof of a worker's life. Waits for nothing. */
    HEARTBEAT,
    /** A worker joins, leads or leaves: few writes, without which nothing else goes on. Waits for nothing either. */
    MEMBERSHIP,
    /** Plans and news of them, rows of streams and of the dead: few, and all others wait for them. */
    CONTROL,
    /** A lease is given back, or a shard's end is written with its children: nobody processes its records until then. */
    HANDOVER,
    /** A lease is taken. */
    TAKING,
    /** The leader makes the lease of a shard that has none. */
    CREATION,
    /** What nobody needs any more goes. */
    CLEANUP,
    /** How leases get on, for people: at most one in a few seconds. Before progress, which never ends. */
    STATUS,
    /** A checkpoint or a load. Comes last, for it never ends; the newest replaces the one that waits. */
    PROGRESS;

    boolean isPaced() {
        return compareTo(MEMBERSHIP) > 0;
    }

    /** True for those of which there are hundreds at once when a worker starts, and hardly any otherwise. */
    boolean isInBulk() {
        return this == TAKING || this == CREATION;
    }
}
