package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.lease.CheckpointOutcome;
import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseListener;
import io.millrace.lease.coordinator.LeaseSettings.StreamSettings;
import io.millrace.lease.table.LeaseTable;
import io.millrace.model.ChildShard;
import io.millrace.model.Position;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** A worker whose consumer gives back at once what it is asked for, unless it is busy. */
final class ListeningWorker implements LeaseListener {
    private final Simulation sim;
    private final FakeStream stream;
    final Map<LeaseKey, HeldLease> held = new TreeMap<>();
    final List<String> lost = new ArrayList<>();
    final LeaseCoordinator coordinator;
    /** It does not come to give back what it is asked for. */
    boolean isBusy;
    /** It does not answer, as if its thread were blocked. */
    boolean isSilent;

    /** It throws whatever it is told. */
    boolean throwing;

    private Runnable unanswered = () -> {};

    ListeningWorker(
            Simulation sim,
            FakeStream stream,
            String name,
            StreamName consumed,
            Position.Initial initial,
            LeaseTable way) {
        this(sim, stream, name, List.of(new StreamSettings(consumed, initial)), way);
    }

    ListeningWorker(Simulation sim, FakeStream stream, String name, List<StreamSettings> consumed, LeaseTable way) {
        this.sim = sim;
        this.stream = stream;
        LeaseSettings.Builder builder = LeaseSettings.builder().workerName(name);
        consumed.forEach(one -> builder.stream(one.name(), one.initialPosition()));
        LeaseSettings settings = builder.build();
        coordinator = LeaseCoordinator.create(settings, way, stream, this, sim, new SimpleMeterRegistry());
        assertThat(coordinator.start()).isNotCompletedExceptionally();
    }

    long reads(StreamName name) {
        return held.keySet().stream().filter(key -> key.stream().equals(name)).count();
    }

    HeldLease lease(int shard) {
        return java.util.Objects.requireNonNull(held.get(key(shard)));
    }

    void finish(int shard) {
        List<ChildShard> children = stream.childrenOf(ShardId.of(shard)).stream()
                .map(Shard::asChild)
                .toList();
        CompletableFuture<CheckpointOutcome> finished = lease(shard).finish(children);
        sim.runUntil(finished::isDone, Duration.ofSeconds(1));
        assertThat(finished.join()).isEqualTo(CheckpointOutcome.SAVED);
        held.remove(key(shard));
    }

    @Override
    public void leaseTaken(HeldLease lease) {
        throwIfWanted();
        held.put(lease.key(), lease);
    }

    @Override
    public void leaseAskedFor(HeldLease lease, Duration within) {
        throwIfWanted();
        if (isBusy) {
            return;
        }
        CompletableFuture<CheckpointOutcome> released = lease.release(lease.checkpoint());
        held.remove(lease.key());
        assertThat(released).isNotCompletedExceptionally();
    }

    @Override
    public void leaseLost(HeldLease lease, String reason) {
        throwIfWanted();
        held.remove(lease.key());
        lost.add(lease + ": " + reason);
    }

    @Override
    public void ping(Runnable answer) {
        if (isSilent) {
            unanswered = answer;
        } else {
            answer.run();
        }
    }

    private void throwIfWanted() {
        if (throwing) {
            throw new AssertionError("thrown by the holder, on purpose");
        }
    }

    void answer() {
        isSilent = false;
        unanswered.run();
    }

    private static LeaseKey key(int shard) {
        return new LeaseKey(FakeStream.NAME, ShardId.of(shard));
    }
}
