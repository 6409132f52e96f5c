package io.millrace.lease.coordinator;

import io.millrace.lease.CheckpointOutcome;
import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseListener;
import io.millrace.lease.LeaseStatus;
import io.millrace.runtime.Platform;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The listener with its errors kept where they come from: the coordinator finishes what it is about. A lease that the
 * listener did not take is given back.
 */
final class SafeListener implements LeaseListener {
    private static final Logger log = LoggerFactory.getLogger(SafeListener.class);

    private final LeaseListener listener;
    private final Platform platform;

    SafeListener(LeaseListener listener, Platform platform) {
        this.listener = listener;
        this.platform = platform;
    }

    @Override
    public void leaseTaken(HeldLease lease) {
        if (!tell(lease + " was taken", () -> listener.leaseTaken(lease))) {
            CompletableFuture<CheckpointOutcome> unused = lease.release(lease.checkpoint());
        }
    }

    @Override
    public void leaseAskedFor(HeldLease lease, Duration within) {
        tell(lease + " is asked for", () -> listener.leaseAskedFor(lease, within));
    }

    @Override
    public void leaseLost(HeldLease lease, String reason) {
        tell(lease + " was lost", () -> listener.leaseLost(lease, reason));
    }

    @Override
    public void shardExpired(LeaseKey shard, String reason) {
        tell(shard + ": " + reason, () -> listener.shardExpired(shard, reason));
    }

    @Override
    public void tableLost(String reason) {
        tell(reason, () -> listener.tableLost(reason));
    }

    @Override
    public void leasePaused(HeldLease lease) {
        tell(lease + " is paused", () -> listener.leasePaused(lease));
    }

    @Override
    public void leaseResumed(HeldLease lease) {
        tell(lease + " is resumed", () -> listener.leaseResumed(lease));
    }

    @Override
    public Optional<List<LeaseStatus>> statuses() {
        List<LeaseStatus> told = new ArrayList<>();
        AtomicBoolean tells = new AtomicBoolean();
        tell(
                "how its leases get on is asked",
                () -> listener.statuses().ifPresent(all -> {
                    told.addAll(all);
                    tells.set(true);
                }));
        return tells.get() ? Optional.of(told) : Optional.empty();
    }

    @Override
    public void ping(Runnable answer) {
        tell("a ping", () -> listener.ping(answer));
    }

    @Override
    public void failed(String reason) {
        tell(reason, () -> listener.failed(reason));
    }

    private boolean tell(String what, Runnable call) {
        try {
            call.run();
            return true;
        } catch (Throwable thrown) {
            log.error("The holder of leases threw when it was told: {}", what, thrown);
            platform.contained(thrown);
            return false;
        }
    }
}
