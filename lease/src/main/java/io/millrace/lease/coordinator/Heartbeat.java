package io.millrace.lease.coordinator;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.WorkerId;
import io.millrace.lease.table.WorkerRow;
import io.millrace.model.StreamName;
import io.millrace.runtime.EventLoop;
import java.time.Duration;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes one worker's row over and over, each time under the next revision, and keeps the proof of its life. What the
 * row says besides goes along with the next beat, or with an early one when others wait for it.
 *
 * <p>Belongs to the loop. Ends once: when the proof runs out, or the row is not ours any more, or it is stopped.
 */
final class Heartbeat {
    /** A beat that is refused is sent again after this part of the time that is left of the proof. */
    private static final int TRIES_OF_WHAT_IS_LEFT = 20;

    private final Wiring wiring;
    private final SureTable table;
    private final Proof proof;
    private final Consumer<String> onLost;
    private WorkerRow row;
    private WorkerRow wanted;
    private long sentAt;
    private boolean beating;
    private boolean over;
    private @Nullable CompletableFuture<WorkerRow> stopping;
    private EventLoop.Cancellable next = EventLoop.Cancellable.DONE;
    private EventLoop.Cancellable expiry = EventLoop.Cancellable.DONE;

    /**
     * Goes on after the row was created.
     *
     * @param row the row as it is in the table
     * @param sentAt when its creation was sent
     * @param onLost is told once why the proof is over
     */
    Heartbeat(Wiring wiring, SureTable table, WorkerRow row, long sentAt, Consumer<String> onLost) {
        this.wiring = wiring;
        this.table = table;
        this.row = row;
        this.wanted = row;
        this.sentAt = sentAt;
        this.onLost = onLost;
        this.proof = new Proof(wiring.platform().ticker(), wiring.settings().proofTime(), sentAt);
    }

    void start() {
        beatIn(untilNextBeat());
        watch();
    }

    Proof proof() {
        return proof;
    }

    WorkerId id() {
        return row.id();
    }

    /** The number of leases, and a sign that they changed. Others hear of it within a poll. */
    void leasesChanged(int held) {
        WorkerRow.Info info = wanted.info().holding(held);
        wanted = new WorkerRow(row.id(), 0, wanted.state(), wanted.leaseChanges() + 1, wanted.planSeen(), info);
        beatEarly(wiring.settings().pollInterval());
    }

    /** The plan that this worker acts on from now. */
    void planSeen(long revision) {
        if (wanted.planSeen() != revision) {
            wanted = new WorkerRow(row.id(), 0, wanted.state(), wanted.leaseChanges(), revision, wanted.info());
        }
    }

    /** What the worker reads; the others hear of it at once. */
    void reads(SortedSet<StreamName> streams) {
        if (!wanted.info().streams().equals(streams)) {
            WorkerRow.Info info = wanted.info().reading(streams);
            wanted = new WorkerRow(row.id(), 0, wanted.state(), wanted.leaseChanges() + 1, wanted.planSeen(), info);
            beatEarly(Duration.ZERO);
        }
    }

    /** The worker leaves; the others hear of it at once. */
    void leaving() {
        wanted = new WorkerRow(
                row.id(), 0, WorkerRow.State.LEAVING, wanted.leaseChanges(), wanted.planSeen(), wanted.info());
        beatEarly(Duration.ZERO);
    }

    /** Beats no more. Completes with the row as it is in the table once no beat is under way. */
    CompletableFuture<WorkerRow> stop() {
        end();
        CompletableFuture<WorkerRow> stopped = new CompletableFuture<>();
        stopping = stopped;
        if (!beating) {
            stopped.complete(row);
        }
        return stopped;
    }

    /** Ends the proof at once and beats no more. */
    void end() {
        over = true;
        proof.end();
        next.cancel();
        expiry.cancel();
    }

    /** Beats before it is due, if the table bears that then. */
    private void beatEarly(Duration gap) {
        if (!beating && !over) {
            Duration sinceLast = wiring.platform().ticker().since(sentAt);
            Duration wait = gap.minus(sinceLast);
            if (wait.compareTo(untilNextBeat()) < 0) {
                next.cancel();
                next = wiring.later(wait.isNegative() ? Duration.ZERO : wait, this::beatIfAllowed);
            } else {
                beatIn(untilNextBeat());
            }
        }
    }

    private void beatIfAllowed() {
        if (wiring.pacer().allowsEarlyBeat()) {
            beat();
        } else {
            beatIn(untilNextBeat());
        }
    }

    /** The less is left of the proof, the sooner; and not in step with other workers. */
    private Duration pauseWhenRefused() {
        long least = wiring.settings().heartbeatInterval().dividedBy(40).toNanos();
        long pause = Math.max(least, proof.left().toNanos() / TRIES_OF_WHAT_IS_LEFT);
        return Duration.ofNanos(pause / 2 + wiring.platform().random().nextLong(pause / 2 + 1));
    }

    private Duration untilNextBeat() {
        return interval().minus(wiring.platform().ticker().since(sentAt));
    }

    /** Longer while the table refuses writes: fewer heartbeats leave room for other writes, and time to send one again. */
    private Duration interval() {
        LeaseSettings settings = wiring.settings();
        return wiring.pacer().budget().isOpen() ? settings.heartbeatInterval() : settings.sparingHeartbeatInterval();
    }

    private void beatIn(Duration wait) {
        next.cancel();
        next = wiring.later(wait.isNegative() ? Duration.ZERO : wait, this::beat);
    }

    private void beat() {
        if (beating || over) {
            return;
        }
        beating = true;
        sentAt = wiring.now();
        WorkerRow sent = wanted.withRevision(row.revision());
        wiring.then(table.beat(sent, this::pauseWhenRefused), settled -> {
            beating = false;
            if (settled.outcome().isApplied()) {
                row = sent.withRevision(sent.revision() + 1);
            }
            if (stopping != null) {
                stopping.complete(row);
            } else if (over) {
                return;
            } else if (!settled.outcome().isApplied()) {
                lose("another worker declared this one dead and removed its row");
            } else if (!proof.renew(settled.sentAt())) {
                lose("its last heartbeat was confirmed too late");
            } else {
                onBeat(sent, settled.sentAt());
            }
        });
    }

    /** The next is due an interval after the sending that counted: where many are refused, fewer are needed so. */
    private void onBeat(WorkerRow sent, long countsFrom) {
        if (wiring.platform().ticker().since(sentAt).compareTo(wiring.settings().heartbeatInterval()) > 0) {
            wiring.meters().heartbeatMissed();
        }
        sentAt = countsFrom;
        watch();
        beatIn(untilNextBeat());
        if (!sent.sameContent(wanted)) {
            boolean urgent = sent.state() != wanted.state();
            beatEarly(urgent ? Duration.ZERO : wiring.settings().pollInterval());
        }
    }

    private void watch() {
        expiry.cancel();
        expiry = wiring.later(proof.left(), this::checkProof);
    }

    private void checkProof() {
        if (!proof.isCurrent()) {
            lose("no heartbeat reached the table for " + wiring.settings().proofTime());
        } else {
            watch();
        }
    }

    private void lose(String reason) {
        if (!over) {
            end();
            onLost.accept(requireNonNull(reason, "reason"));
        }
    }
}
