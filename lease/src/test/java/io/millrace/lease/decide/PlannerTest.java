package io.millrace.lease.decide;

import static io.millrace.lease.decide.Rows.ALICE;
import static io.millrace.lease.decide.Rows.BOB;
import static io.millrace.lease.decide.Rows.CAROL;
import static io.millrace.lease.decide.Rows.key;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import io.millrace.lease.decide.Planner.Assignment;
import io.millrace.lease.decide.Planner.Candidate;
import io.millrace.lease.table.ControlRows;
import io.millrace.lease.table.LeaderRow;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class PlannerTest {
    @Test
    void freeLeasesAreSharedEvenly() {
        Map<LeaseKey, Assignment> plan = Planner.plan(free(8), Set.of(ALICE, BOB, CAROL));

        assertThat(counts(plan).values()).containsExactlyInAnyOrder(3, 3, 2);
    }

    @Test
    void withoutWorkersNothingIsPlanned() {
        assertThat(Planner.plan(free(8), Set.of())).isEmpty();
    }

    @Test
    void evenPlanIsKeptAsItIs() {
        Map<LeaseKey, Assignment> plan = Planner.plan(free(8), Set.of(ALICE, BOB, CAROL));

        assertThat(Planner.plan(owned(plan), Set.of(ALICE, BOB, CAROL))).isEqualTo(plan);
    }

    @Test
    void joiningWorkerGetsItsShareAndNothingElseMoves() {
        Map<LeaseKey, Assignment> before = Planner.plan(free(8), Set.of(ALICE, BOB));

        Map<LeaseKey, Assignment> after = Planner.plan(owned(before), Set.of(ALICE, BOB, CAROL));

        assertThat(counts(after)).containsEntry(CAROL, 2);
        assertThat(moves(before, after)).isEqualTo(2L);
        assertThat(after.values())
                .anySatisfy(assignment -> assertThat(assignment.reason()).contains("evens out"));
    }

    @Test
    void expiredLeaseGoesToTheLeastLoadedWorker() {
        List<Candidate> leases = new ArrayList<>();
        leases.add(new Candidate(key(0), Optional.of(ALICE), planned(ALICE), 1));
        leases.add(new Candidate(key(1), Optional.of(BOB), planned(BOB), 1));
        leases.add(new Candidate(key(2), Optional.of(CAROL), planned(CAROL), 1));
        leases.add(new Candidate(key(3), Optional.of(ALICE), planned(ALICE), 1));

        Map<LeaseKey, Assignment> plan = Planner.plan(leases, Set.of(ALICE, BOB));

        assertThat(plan.get(key(2)))
                .isEqualTo(new Assignment(BOB, "carol had it and does not take part any more; bob had least (1)"));
    }

    @Test
    void leaseInAHandoffIsNotMovedAgain() {
        // Alice is giving everything to Bob; Carol joins meanwhile.
        List<Candidate> leases = IntStream.range(0, 6)
                .mapToObj(i -> new Candidate(key(i), Optional.of(ALICE), planned(BOB), 1))
                .toList();

        Map<LeaseKey, Assignment> plan = Planner.plan(leases, Set.of(ALICE, BOB, CAROL));

        assertThat(counts(plan)).containsExactly(Map.entry(BOB, 6));
    }

    @Test
    void heavyLeaseWeighsAsMuchAsManyLightOnes() {
        List<Candidate> leases = new ArrayList<>();
        leases.add(new Candidate(key(0), Optional.of(ALICE), planned(ALICE), 4));
        for (int i = 1; i < 5; i++) {
            leases.add(new Candidate(key(i), Optional.of(ALICE), planned(ALICE), 1));
        }

        Map<LeaseKey, Assignment> plan = Planner.plan(leases, Set.of(ALICE, BOB));

        double alice = weight(plan, leases, ALICE);
        assertThat(alice).isEqualTo(4);
    }

    @Test
    void anyPlanIsEvenAndStaysPut() {
        for (long seed = 0; seed < 300; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            List<WorkerId> all = IntStream.range(0, 1 + random.nextInt(9))
                    .mapToObj(i -> new WorkerId("w" + i, "r"))
                    .toList();
            Set<WorkerId> living = Set.copyOf(all.subList(0, 1 + random.nextInt(all.size())));
            List<Candidate> leases = new ArrayList<>();
            for (int i = 0; i < random.nextInt(60); i++) {
                WorkerId worker = all.get(random.nextInt(all.size()));
                Optional<WorkerId> owner = random.nextInt(3) == 0 ? Optional.empty() : Optional.of(worker);
                leases.add(new Candidate(key(i), owner, owner.flatMap(PlannerTest::planned), 1));
            }

            Map<LeaseKey, Assignment> plan = Planner.plan(leases, living);

            Map<WorkerId, Integer> counts = counts(plan);
            living.forEach(worker -> counts.putIfAbsent(worker, 0));
            int most = counts.values().stream().mapToInt(count -> count).max().orElse(0);
            int least = counts.values().stream().mapToInt(count -> count).min().orElse(0);
            assertThat(most - least).as("seed %s: %s", seed, counts).isLessThanOrEqualTo(1);
            assertThat(plan).as("seed %s", seed).hasSize(leases.size());
            assertThat(Planner.plan(owned(plan), living)).as("seed %s", seed).isEqualTo(plan);
        }
    }

    @Test
    void joinOfTheFiftyFirstWorkerMovesItsShareOfTenThousandLeasesOnly() {
        List<WorkerId> workers =
                IntStream.range(0, 51).mapToObj(i -> new WorkerId("w" + i, "r")).toList();
        Map<LeaseKey, Assignment> before = Planner.plan(free(10_000), Set.copyOf(workers.subList(0, 50)));

        Map<LeaseKey, Assignment> after = Planner.plan(owned(before), Set.copyOf(workers));

        assertThat(moves(before, after)).isBetween(195L, 197L);
    }

    @Test
    void workOfAPlanGrowsWithLeasesAndNotWithTheirSquare() {
        List<WorkerId> workers =
                IntStream.range(0, 50).mapToObj(i -> new WorkerId("w" + i, "r")).toList();
        LeaseBook book = new LeaseBook();
        for (int i = 0; i < 10_000; i++) {
            book.learn(Rows.lease(i), 1);
        }
        Map<WorkerId, Standing> standings = new HashMap<>();
        workers.forEach(worker -> standings.put(worker, Standing.ACTIVE));
        ControlRows control = new ControlRows(
                List.of(),
                List.of(),
                workers.stream().map(worker -> Rows.worker(worker, 1)).toList());

        Plans.Decision decision =
                Plans.decide(book, control, Rows.fleet(1, standings), new LeaderRow(1, 1, workers.get(0)));

        assertThat(decision.changed()).hasSize(50).allMatch(row -> row.leases().size() == 200);
        assertThat(decision.news()).hasSize(10_000);
        assertThat(decision.unplaced()).isEmpty();
    }

    @Test
    void leasesOfAFleetThatLeavesAreNotShortOfWorkers() {
        LeaseBook book = new LeaseBook();
        book.learn(Rows.lease(0), 1);
        ControlRows control = new ControlRows(List.of(), List.of(), List.of(Rows.worker(ALICE, 1)));
        LeaderRow leader = new LeaderRow(1, 1, ALICE);

        Plans.Decision leaving = Plans.decide(book, control, Rows.fleet(1, Map.of(ALICE, Standing.LEAVING)), leader);

        assertThat(leaving.unplaced()).isEmpty();
        assertThat(leaving.news()).isEmpty();
    }

    @Test
    void measuredWeightsThatDifferByLessThanATenthMoveNothing() {
        List<Candidate> leases = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            WorkerId worker = i % 2 == 0 ? ALICE : BOB;
            leases.add(new Candidate(key(i), Optional.of(worker), planned(worker), i % 2 == 0 ? 1.08 : 0.92));
        }

        assertThat(moves(leases, Planner.plan(leases, Set.of(ALICE, BOB)))).isZero();
    }

    @Test
    void measuredWeightsBeyondTheBandAreEvenedOut() {
        List<Candidate> leases = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            WorkerId worker = i % 2 == 0 ? ALICE : BOB;
            leases.add(new Candidate(key(i), Optional.of(worker), planned(worker), i % 2 == 0 ? 1.5 : 0.5));
        }

        Map<LeaseKey, Assignment> plan = Planner.plan(leases, Set.of(ALICE, BOB));

        assertThat(weight(plan, leases, ALICE)).isBetween(18.0, 22.0);
        assertThat(moves(leases, plan)).isLessThanOrEqualTo(8);
    }

    @Test
    void anyWeightedPlanIsWithinATenthOrOneLeaseAndStaysPut() {
        for (long seed = 0; seed < 300; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            Set<WorkerId> workers = Set.copyOf(IntStream.range(0, 1 + random.nextInt(9))
                    .mapToObj(i -> new WorkerId("w" + i, "r"))
                    .toList());
            List<Candidate> leases = new ArrayList<>();
            for (int i = 0; i < random.nextInt(100); i++) {
                double weight = Planner.weight(random.nextLong(2_000_000), 1_000_000);
                leases.add(new Candidate(key(i), Optional.empty(), Optional.empty(), weight));
            }

            Map<LeaseKey, Assignment> plan = Planner.plan(leases, workers);

            double mean = leases.stream().mapToDouble(Candidate::weight).sum() / workers.size();
            double heaviest =
                    leases.stream().mapToDouble(Candidate::weight).max().orElse(0);
            for (WorkerId worker : workers) {
                assertThat(Math.abs(weight(plan, leases, worker) - mean))
                        .as("seed %s", seed)
                        .isLessThanOrEqualTo(Math.max(mean / 10, heaviest) + 1e-6);
            }
            assertThat(moves(plan, Planner.plan(owned(plan, leases), workers)))
                    .as("seed %s", seed)
                    .isZero();
        }
    }

    @Test
    void workerTakesNoMoreThanItsMaximum() {
        Map<WorkerId, Seat> seats = Map.of(ALICE, new Seat(2, Set.of()), BOB, new Seat(3, Set.of()));

        Map<LeaseKey, Assignment> plan = Planner.plan(free(8), seats);

        assertThat(counts(plan)).isEqualTo(Map.of(ALICE, 2, BOB, 3));
    }

    @Test
    void childrenAboveTheMaximumGoToWhoHasRoom() {
        List<Candidate> leases = IntStream.range(0, 5)
                .mapToObj(i -> new Candidate(key(i), Optional.of(ALICE), planned(ALICE), 1))
                .toList();

        Map<LeaseKey, Assignment> plan =
                Planner.plan(leases, Map.of(ALICE, new Seat(4, Set.of()), BOB, new Seat(1, Set.of())));

        assertThat(counts(plan)).isEqualTo(Map.of(ALICE, 4, BOB, 1));
        assertThat(plan.values()).anySatisfy(to -> assertThat(to.reason()).isEqualTo("alice takes 4 at most"));
    }

    @Test
    void leaseGoesOnlyToWhoReadsItsStream() {
        Map<WorkerId, Seat> seats =
                Map.of(ALICE, new Seat(9, Set.of(Rows.STREAM)), BOB, new Seat(9, Set.of(new StreamName("other"))));

        assertThat(counts(Planner.plan(free(5), seats))).isEqualTo(Map.of(ALICE, 5));
        assertThat(Planner.plan(free(5), Map.of(BOB, seats.get(BOB)))).isEmpty();
    }

    @Test
    void idleLeasesOfABusyFleetWeighLittleAndIdleFleetsCount() {
        assertThat(Planner.weight(0, 1_000_000)).isEqualTo(0.1);
        assertThat(Planner.weight(3_000_000, 1_000_000)).isEqualTo(3);
        assertThat(Planner.weight(-1, 1_000_000)).isEqualTo(1);
        assertThat(Planner.weight(40, 20)).isEqualTo(1);
    }

    @Test
    void fullWorkerPassesOnWhatOthersCanTakeToMakeRoomForWhatOnlyItCan() {
        StreamName other = new StreamName("other");
        LeaseKey only = new LeaseKey(other, ShardId.of(0));
        Map<WorkerId, Seat> seats = Map.of(
                ALICE, new Seat(2, Set.of(Rows.STREAM, other)),
                BOB, new Seat(2, Set.of(Rows.STREAM)),
                CAROL, new Seat(3, Set.of(Rows.STREAM)));
        List<Candidate> leases = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            WorkerId owner = List.of(ALICE, ALICE, BOB, BOB, CAROL, CAROL).get(i);
            leases.add(new Candidate(key(i), Optional.of(owner), planned(owner), 1));
        }
        leases.add(new Candidate(only, Optional.empty(), Optional.empty(), 1));

        Map<LeaseKey, Assignment> plan = Planner.plan(leases, seats);

        assertThat(requireNonNull(plan.get(only)).worker()).isEqualTo(ALICE);
        assertThat(counts(plan)).containsEntry(ALICE, 2).containsEntry(BOB, 2).containsEntry(CAROL, 3);
        assertThat(plan.values())
                .anySatisfy(to -> assertThat(to.reason()).isEqualTo("alice makes room for what only it can take"));
    }

    @Test
    void lightLeaseDoesNotGoToAndFroBetweenWorkersThatCannotGetMore() {
        // Carol reads another stream, which lifts the mean out of reach for Alice and Bob.
        StreamName other = new StreamName("other");
        LeaseKey heavy = new LeaseKey(other, ShardId.of(0));
        Map<WorkerId, Seat> seats = Map.of(
                ALICE, new Seat(9, Set.of(Rows.STREAM)),
                BOB, new Seat(9, Set.of(Rows.STREAM)),
                CAROL, new Seat(9, Set.of(other)));
        List<Candidate> leases = List.of(
                new Candidate(key(0), Optional.of(ALICE), planned(ALICE), 4),
                new Candidate(key(1), Optional.of(ALICE), planned(ALICE), 0.4),
                new Candidate(key(2), Optional.of(BOB), planned(BOB), 3.9),
                new Candidate(heavy, Optional.of(CAROL), planned(CAROL), 10));

        assertThat(moves(leases, Planner.plan(leases, seats))).isZero();
    }

    @Test
    void whatNobodyCanMakeRoomForStaysOutOfThePlan() {
        Map<WorkerId, Seat> seats = Map.of(ALICE, new Seat(1, Set.of()), BOB, new Seat(1, Set.of()));

        assertThat(Planner.plan(free(5), seats)).hasSize(2);
    }

    private static List<Candidate> owned(Map<LeaseKey, Assignment> plan, List<Candidate> leases) {
        return leases.stream()
                .map(lease -> {
                    Assignment to = requireNonNull(plan.get(lease.key()));
                    return new Candidate(lease.key(), Optional.of(to.worker()), Optional.of(to), lease.weight());
                })
                .toList();
    }

    private static long moves(List<Candidate> leases, Map<LeaseKey, Assignment> after) {
        return leases.stream()
                .filter(lease -> !lease.owner()
                        .equals(Optional.of(
                                requireNonNull(after.get(lease.key())).worker())))
                .count();
    }

    private static List<Candidate> free(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Candidate(key(i), Optional.empty(), Optional.empty(), 1))
                .toList();
    }

    /** The same leases once the plan has come true. */
    private static List<Candidate> owned(Map<LeaseKey, Assignment> plan) {
        return plan.entrySet().stream()
                .map(entry -> new Candidate(
                        entry.getKey(), Optional.of(entry.getValue().worker()), Optional.of(entry.getValue()), 1))
                .toList();
    }

    private static Optional<Assignment> planned(WorkerId worker) {
        return Optional.of(new Assignment(worker, "before"));
    }

    private static Map<WorkerId, Integer> counts(Map<LeaseKey, Assignment> plan) {
        Map<WorkerId, Integer> counts = new HashMap<>();
        plan.values().forEach(assignment -> counts.merge(assignment.worker(), 1, Integer::sum));
        return counts;
    }

    private static double weight(Map<LeaseKey, Assignment> plan, List<Candidate> leases, WorkerId worker) {
        return leases.stream()
                .filter(lease -> requireNonNull(plan.get(lease.key())).worker().equals(worker))
                .mapToDouble(Candidate::weight)
                .sum();
    }

    private static long moves(Map<LeaseKey, Assignment> before, Map<LeaseKey, Assignment> after) {
        return before.entrySet().stream()
                .filter(entry -> !requireNonNull(after.get(entry.getKey()))
                        .worker()
                        .equals(entry.getValue().worker()))
                .count();
    }
}
