package io.millrace.lease.coordinator;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseListener;
import io.millrace.lease.LeaseStatus;
import io.millrace.lease.WorkerId;
import io.millrace.lease.table.HealthRow;
import io.millrace.lease.table.InMemoryLeaseTable;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.TableThrottledException;
import io.millrace.lease.table.WorkerRow;
import io.millrace.lease.table.WriteOutcome;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Whole workers on one table in virtual time; each says of its leases what the test wants. */
final class StatusTellerTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final Simulation sim = new Simulation(7);
    private final InMemoryLeaseTable rows = new InMemoryLeaseTable();
    private final FakeStream stream = new FakeStream(8);
    private final CountingTable table = new CountingTable();

    @Test
    void troubleAppearsWithinAFewSecondsAndGoesAgain() {
        Teller alice = new Teller("alice", Optional.of(List.of()));
        sim.run(Duration.ofSeconds(10));
        assertThat(told("alice")).isEmpty();

        alice.says = Optional.of(List.of(failing(3, 1)));
        sim.run(StatusTeller.INTERVAL.plusSeconds(1));

        assertThat(told("alice")).containsExactly(failing(3, 1));
        alice.says = Optional.of(List.of(well(3)));
        sim.run(StatusTeller.INTERVAL.plusSeconds(1));
        assertThat(told("alice")).isEmpty();
    }

    @Test
    void workerWhoseLeasesAreWellWritesOnceAndNoMore() {
        Teller alice = new Teller(
                "alice",
                Optional.of(
                        IntStream.range(0, 8).mapToObj(StatusTellerTest::well).toList()));

        sim.run(MINUTE.multipliedBy(10));

        assertThat(alice.held).hasSize(8);
        assertThat(table.healthWrites).hasSize(1);
    }

    @Test
    void whatChangesAllTheTimeIsToldEveryFewSecondsAndWithinItsBytes() {
        Teller alice = new Teller("alice", Optional.of(List.of()));
        alice.changesAt = sim::elapsed;
        sim.run(MINUTE.multipliedBy(10));
        assertThat(table.healthWrites.size()).isBetween(100, 121);

        // A thousand shards that change all the time: a row of dozens of KB, and no more than a KB a second.
        table.healthWrites.clear();
        alice.shards = 1_000;
        sim.run(Duration.ofHours(1));

        int bytes = table.healthWrites.stream().mapToInt(HealthRow::bytes).sum();
        assertThat(table.healthWrites.get(0).bytes()).isGreaterThan(30_000);
        assertThat(bytes).isBetween(1024 * 60 * 45, 1024 * 60 * 62);
    }

    /** Beats go as often as without any statuses, and none later than one heartbeat interval after the one before. */
    @Test
    void heartbeatsComeNeitherLaterNorMoreOften() {
        Teller quiet = new Teller("quiet", Optional.empty());
        sim.run(MINUTE);
        List<Duration> before = gaps(quiet.name);
        Teller loud = new Teller("loud", Optional.of(List.of()));
        loud.changesAt = sim::elapsed;
        loud.shards = 1_000;
        sim.run(MINUTE);

        List<Duration> after = gaps(loud.name);
        assertThat(after).allMatch(gap -> gap.compareTo(Duration.ofSeconds(2)) <= 0);
        assertThat(after.size()).isBetween(before.size() - 6, before.size() + 6);
    }

    @Test
    void tableThatRefusesAllButHeartbeatsLosesNoLeaseOverIt() {
        Teller alice = new Teller("alice", Optional.of(List.of(failing(1, 1))));
        sim.run(Duration.ofSeconds(10));
        table.refusesHealth = true;
        alice.changesAt = sim::elapsed;
        sim.run(MINUTE.multipliedBy(5));

        assertThat(alice.lost).isEmpty();
        assertThat(alice.held).hasSize(8);
        table.refusesHealth = false;
        sim.run(MINUTE);
        assertThat(told("alice")).isNotEmpty();
    }

    @Test
    void leavingWorkerTakesItsRowAlongAndTheLeaderThatOfTheDeadAfterAWhile() {
        Teller alice = new Teller("alice", Optional.of(List.of(failing(1, 1))));
        Teller bob = new Teller("bob", Optional.of(List.of(failing(2, 1))));
        sim.run(Duration.ofSeconds(10));
        assertThat(health().keySet()).containsExactly("alice", "bob");

        CompletableFuture<CloseReport> left = bob.coordinator.close(Duration.ofSeconds(5));
        sim.runUntil(left::isDone, Duration.ofSeconds(5));
        assertThat(left.join().rowsRemoved()).isTrue();
        assertThat(health().keySet()).containsExactly("alice");

        HealthRow ofTheDead = HealthRow.of(new WorkerId("carol", "9"), Instant.EPOCH, List.of(failing(1, 1)));
        assertThat(rows.put(ofTheDead)).isCompleted();
        sim.run(MINUTE.multipliedBy(5));
        assertThat(health().keySet()).containsExactly("alice", "carol");
        sim.run(MINUTE.multipliedBy(7));
        assertThat(health().keySet()).containsExactly("alice");
        assertThat(alice.lost).isEmpty();
    }

    @Test
    void rowThatSomebodyTookAwayComesAgain() {
        Teller alice = new Teller("alice", Optional.of(List.of(failing(1, 1))));
        sim.run(Duration.ofSeconds(10));
        assertThat(rows.delete(requireNonNull(health().get("alice")))).isCompleted();
        alice.says = Optional.of(List.of(failing(1, 2)));
        sim.run(Duration.ofSeconds(20));

        assertThat(told("alice")).containsExactly(failing(1, 2));
    }

    /** One that tells nothing, as a worker of a former version, shares the shards with one that does. */
    @Test
    void workersThatTellNothingShareTheTableWithThoseThatDo() {
        Teller old = new Teller("old", Optional.empty());
        sim.run(Duration.ofSeconds(5));
        Teller young = new Teller("young", Optional.of(List.of(failing(1, 1))));
        sim.run(MINUTE.multipliedBy(2));

        assertThat(health().keySet()).containsExactly("young");
        assertThat(old.held).hasSize(4);
        assertThat(young.held).hasSize(4);
        assertThat(old.lost).isEmpty();
        assertThat(rows.listMembers().join().unreadable()).isEmpty();
    }

    @Test
    void checkpointSaysInTheTableWhenItWasSaved() {
        Teller alice = new Teller("alice", Optional.empty());
        sim.run(Duration.ofSeconds(5));
        LeaseKey key = new LeaseKey(FakeStream.NAME, ShardId.of(1));
        HeldLease lease = requireNonNull(alice.held.get(key));
        assertThat(lease.checkpointedAt()).isEmpty();
        Instant before = sim.clock().instant();

        assertThat(Saving.save(lease, Checkpoint.processed(RecordPosition.of(SequenceNumber.parse("77777")))))
                .isNotCompletedExceptionally();
        sim.run(Duration.ofSeconds(1));

        assertThat(lease.checkpointedAt().orElseThrow()).isBetween(before.minusMillis(1), before.plusSeconds(1));
        assertThat(rows.getLeases(List.of(key)).join().get(0).notes().savedAt()).isEqualTo(lease.checkpointedAt());
    }

    private Map<String, HealthRow> health() {
        Map<String, HealthRow> found = new TreeMap<>();
        rows.listHealth().join().forEach(row -> found.put(row.worker().name(), row));
        return found;
    }

    private List<LeaseStatus> told(String worker) {
        return requireNonNull(health().get(worker)).statuses();
    }

    private List<Duration> gaps(String worker) {
        List<Duration> beats = table.beats.getOrDefault(worker, List.of());
        List<Duration> gaps = new ArrayList<>();
        for (int i = 1; i < beats.size(); i++) {
            gaps.add(beats.get(i).minus(beats.get(i - 1)));
        }
        return gaps;
    }

    private static LeaseStatus well(int shard) {
        return status(shard, 100, null);
    }

    private static LeaseStatus failing(int shard, int times) {
        return status(shard, 100, new LeaseStatus.Failure(Instant.EPOCH, "processRecords threw a.Poison", times, null));
    }

    private static LeaseStatus status(int shard, long behindMillis, LeaseStatus.@Nullable Failure failure) {
        return new LeaseStatus(
                new LeaseKey(FakeStream.NAME, ShardId.of(shard)),
                1,
                "PROCESSING",
                Duration.ofMillis(behindMillis),
                LeaseStatus.Trend.STEADY,
                0,
                failure,
                null);
    }

    /** A worker that says what it is told to say. */
    private final class Teller implements LeaseListener {
        private final String name;
        private final Map<LeaseKey, HeldLease> held = new TreeMap<>();
        private final List<String> lost = new ArrayList<>();
        private final LeaseCoordinator coordinator;
        private Optional<List<LeaseStatus>> says;
        private Supplier<Duration> changesAt = () -> Duration.ZERO;
        private int shards = 1;

        Teller(String name, Optional<List<LeaseStatus>> says) {
            this.name = name;
            this.says = says;
            LeaseSettings settings = LeaseSettings.builder().workerName(name).stream(
                            FakeStream.NAME, Position.trimHorizon())
                    .build();
            coordinator = LeaseCoordinator.create(settings, table, stream, this, sim, new SimpleMeterRegistry());
            assertThat(coordinator.start()).isNotCompletedExceptionally();
        }

        @Override
        public Optional<List<LeaseStatus>> statuses() {
            int times = (int) changesAt.get().toMillis();
            return times == 0
                    ? says
                    : Optional.of(IntStream.range(0, shards)
                            .mapToObj(shard -> failing(shard, times))
                            .toList());
        }

        @Override
        public void leaseTaken(HeldLease lease) {
            held.put(lease.key(), lease);
        }

        @Override
        public void leaseAskedFor(HeldLease lease, Duration within) {
            held.remove(lease.key());
            assertThat(lease.release(lease.checkpoint())).isNotCompletedExceptionally();
        }

        @Override
        public void leaseLost(HeldLease lease, String reason) {
            held.remove(lease.key());
            lost.add(lease + ": " + reason);
        }
    }

    /** Counts what is written. */
    private final class CountingTable extends PassingTable {
        private final List<HealthRow> healthWrites = new ArrayList<>();
        private final Map<String, List<Duration>> beats = new TreeMap<>();
        private boolean refusesHealth;

        CountingTable() {
            super((LeaseTable) rows);
        }

        @Override
        public CompletableFuture<WriteOutcome> put(Row row) {
            if (row instanceof HealthRow health) {
                if (refusesHealth) {
                    return CompletableFuture.failedFuture(new TableThrottledException("too many", null));
                }
                healthWrites.add(health);
            } else if (row instanceof WorkerRow worker) {
                beats.computeIfAbsent(worker.id().name(), unused -> new ArrayList<>())
                        .add(sim.elapsed());
            }
            return super.put(row);
        }
    }
}
