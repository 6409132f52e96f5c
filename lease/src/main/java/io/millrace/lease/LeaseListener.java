package io.millrace.lease;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Is told what this worker owns. Called on the coordinator's event loop, one call at a time; must not block. For one
 * {@link HeldLease} the calls come in this order: taken once, asked for at most once, lost at most once.
 */
public interface LeaseListener {
    /** The lease is ours: start consuming at its checkpoint. */
    void leaseTaken(HeldLease lease);

    /**
     * The lease shall go to another worker, or this one is closing: finish the batch in hand, checkpoint, then call
     * {@link HeldLease#release}.
     *
     * @param within what is not released after this time is given back at the checkpoint that it has then
     */
    void leaseAskedFor(HeldLease lease, Duration within);

    /**
     * The lease is no longer ours and no checkpoint is possible: stop at once.
     *
     * @param reason one line for the log
     */
    void leaseLost(HeldLease lease, String reason);

    /**
     * Runs {@code answer} where the holder processes leases, behind what it has to do there. Where no answer comes for 80 %
     * of the failover time, the worker stops its heartbeats and loses its leases, so that others process them; it joins
     * again once there is an answer. By default the answer comes at once.
     */
    default void ping(Runnable answer) {
        answer.run();
    }

    /**
     * People have paused the shard: process nothing from now on, and keep the lease. What is in hand may be finished.
     * Never told of a lease that was asked for or lost. A lease that is taken while it is paused says so by
     * {@link HeldLease#paused}, without this call.
     */
    default void leasePaused(HeldLease lease) {}

    /** The shard is paused no more: go on where it stands. */
    default void leaseResumed(HeldLease lease) {}

    /**
     * How the leases held here get on, for people who read the table. Asked every few seconds; must not block. Empty where
     * the holder tells nothing, which is the default.
     */
    default Optional<List<LeaseStatus>> statuses() {
        return Optional.empty();
    }

    /**
     * The coordinator met an error that trying again does not mend, and holds nothing any more: close it.
     *
     * @param reason one line for the log
     */
    default void failed(String reason) {}

    /**
     * Retention took a shard that the application should have read and never had a lease of. Told by the leader, once for
     * each shard.
     *
     * @param reason one line for the log
     */
    default void shardExpired(LeaseKey shard, String reason) {}

    /**
     * The lease table has lost what must be there, and this worker leaves: see {@link LostTable#STOP}. Its leases are asked
     * for or lost as usual. Told once.
     *
     * @param reason one line that says what is gone and what to do
     */
    default void tableLost(String reason) {}
}
