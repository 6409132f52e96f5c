package io.millrace.lease.coordinator;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code -Dseed=n} replays one run, {@code -Dseeds=n} runs more, {@code -Dfirst=n} begins there. */
final class LeaseSimulationTest {
    private static final Duration CHAOS = Duration.ofSeconds(40);

    /** Every so many seeds one runs for minutes, and meets a table that is throttled for minutes. */
    private static final int LONG_ONE = 20;

    private static final Duration LONG = Duration.ofMinutes(4);
    private static final LongAccumulator SLOWEST = new LongAccumulator(Math::max, 0);

    /** How many seeds are one test, so that a hundred thousand of them do not make as many reports. */
    private static final int BLOCK = 25;

    /** Seeds from the first to below the last. */
    record Seeds(long from, long to) {}

    static Stream<Seeds> seeds() {
        Long one = Long.getLong("seed");
        long from = one != null ? one : Long.getLong("first", 0);
        long to = one != null ? one + 1 : from + Long.getLong("seeds", 120);
        return LongStream.iterate(from, start -> start < to, start -> start + BLOCK)
                .mapToObj(start -> new Seeds(start, Math.min(to, start + BLOCK)));
    }

    @AfterAll
    static void tellTheSlowest(TestReporter reporter) {
        reporter.publishEntry("slowest convergence after the faults, ms", SLOWEST.get() + "");
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void invariantsHoldUnderFaultsAndTheFleetSettlesAfterThem(Seeds seeds) {
        List<AssertionError> failures = new ArrayList<>();
        for (long seed = seeds.from; seed < seeds.to; seed++) {
            try {
                run(seed, Trouble.RESETS, Mutation.NONE);
            } catch (AssertionError failure) {
                failures.add(failure);
            }
        }
        if (!failures.isEmpty()) {
            throw new AssertionError(
                    failures.stream().map(Throwable::getMessage).collect(Collectors.joining("\n")), failures.get(0));
        }
    }

    /** A creation that was sent again after the row had been found dead and removed proved life that was over. */
    @Test
    void rowOfADeadWorkerThatALateRetryMakesAgainProvesNothing() {
        run(256, Trouble.FIRST, Mutation.NONE);
    }

    /** A lease that was asked for stayed valid past the handoff timeout when its shard's end was being written. */
    @Test
    void finishingDoesNotProlongALeaseThatWasAskedFor() {
        run(266, Trouble.FIRST, Mutation.NONE);
    }

    /** A plan was confirmed although a lease that it gives away was still being taken, and so was never asked for. */
    @Test
    void planIsConfirmedOnlyWhenAllItGivesWasAskedFor() {
        run(4053, Trouble.FIRST, Mutation.NONE);
    }

    /** A lease that only waits was taken as a proof that its grandparents had been read, so its parent waited for one. */
    @Test
    void waitingLeaseDoesNotShowThatItsGrandparentsWereRead() {
        run(185, Trouble.MORE, Mutation.NONE);
    }

    /**
     * A worker whose last heartbeat was confirmed too late while it was leaving left its row behind, which that heartbeat
     * had just moved: the others waited another failover time for it.
     */
    @Test
    void workerThatIsLostWhileItLeavesTakesItsRowAway() {
        run(1103, Trouble.MORE, Mutation.NONE);
        run(1355, Trouble.MORE, Mutation.NONE);
    }

    /** A worker that was full of leases that others could take kept out the ones that only it could take. */
    @Test
    void fullWorkerMakesRoomForWhatOnlyItCanTake() {
        run(16, Trouble.ALL, Mutation.NONE);
    }

    /** A worker that had more than it takes could only give away the lease that nobody else had room for. */
    @Test
    void overfullWorkerGivesAwayWhatOthersHaveRoomFor() {
        run(10535, Trouble.ALL, Mutation.NONE);
        run(10384, Trouble.ALL, Mutation.NONE);
    }

    /** Light leases went back and forth for ever between two workers that could not get as much as the others. */
    @Test
    void leasesDoNotGoBackAndForth() {
        run(901, Trouble.ALL, Mutation.NONE);
        run(1883, Trouble.ALL, Mutation.NONE);
    }

    /** A change of streams that had a stream to look up was overtaken by a later one. */
    @Test
    void changesOfStreamsKeepTheirOrder() {
        run(536, Trouble.ALL, Mutation.NONE);
    }

    /** A lease that its owner had owed, and given back in the end, was taken by force from its next owner. */
    @Test
    void forceIsForTheOwnershipThatHasHadItsTime() {
        run(11487, Trouble.ALL, Mutation.NONE);
    }

    /**
     * The leader knew of a parent's end, which it had written itself, but had listed the leases before the child was made:
     * it deleted the parent's row, and the child waited for it until the next sync.
     */
    @Test
    void parentIsCleanedUpOnlyByAListThatShowsItsEnd() {
        run(38727, Trouble.ALL, Mutation.NONE);
    }

    /** A row that came again after retention, where nothing can be read, is nobody's hurry. */
    @Test
    void rowThatComesAgainAfterRetentionIsInNoHurry() {
        run(59160, Trouble.ALL, Mutation.NONE);
    }

    /** Whoever begins while there are faults notices only at its call's time limit that an answer was lost. */
    @Test
    void startThatLostAnAnswerIsNotYetAtWorkWhenTheFaultsEnd() {
        run(76943, Trouble.ALL, Mutation.NONE);
    }

    /** Measured loads step over the edge at one look of the leader, and back at the next. */
    @Test
    void measuredLoadsComeOutEven() {
        for (long seed : List.of(44348L, 45067L, 47679L, 92369L)) {
            run(seed, Trouble.ALL, Mutation.NONE);
        }
    }

    /** A lease that was measured right after it had moved seemed to cost half, so the one it was moved for went back. */
    @Test
    void leaseThatWasJustTakenIsNotMeasured() {
        run(74878, Trouble.ALL, Mutation.NONE);
    }

    /** A leader whose reads failed waited too long before it planned again. */
    @Test
    void leaderWhoseReadsFailTriesAgainSoon() {
        run(47353, Trouble.ALL, Mutation.NONE);
    }

    /** A worker that had longer to leave than a handoff takes confirmed that it gives what it still held long after. */
    @Test
    void leavingWorkerConfirmsWhatItGivesOnlyWhenItsDeadlineIsNear() {
        for (long seed : List.of(530L, 558L, 594L, 634L)) {
            run(seed, Trouble.ALL, Mutation.NONE);
        }
    }

    /**
     * The row of a child was there before its parent's, and could not be read: so the parent was taken for read, another child
     * of it was begun, and the parent's row came after that.
     */
    @Test
    void parentsRowIsThereBeforeItsChilds() {
        run(191, Trouble.HANDS, Mutation.NONE);
    }

    /** Somebody reset leases, made the plans anew, and could not tell of them: what had just been planned was never done. */
    @Test
    void plansOfWhichNobodyTellsAreFoundAllTheSame() {
        for (long seed : List.of(3486L, 5107L, 5323L, 6233L)) {
            run(seed, Trouble.RESETS, Mutation.NONE);
        }
    }

    /**
     * The row of a shard that waited could not be read: what was before it was taken for read, and its sibling began at once, before
     * their parent.
     */
    @Test
    void siblingOfOneThatCannotBeReadWaitsForTheirParent() {
        run(10966, Trouble.RESETS, Mutation.NONE);
    }

    /** Somebody rewound a shard right after its end was saved, before its last owner had heard that it was. */
    @Test
    void shardThatIsRewoundAtItsEndHasOneReader() {
        run(11919, Trouble.RESETS, Mutation.NONE);
    }

    /** One run. */
    static void run(long seed, Trouble trouble, Mutation mutation) {
        try {
            LeaseWorld world = new LeaseWorld(seed, trouble, 4, mutation);
            boolean isLong = trouble.has(Trouble.MORE) && seed % LONG_ONE == LONG_ONE - 1;
            Chaos.run(world, isLong ? LONG : CHAOS);
            world.heal();
            world.sim.runUntil(() -> !world.isDisturbed(), CHAOS);
            if (world.living().isEmpty()) {
                world.join();
            }
            SLOWEST.accumulate(new Settlement(world).await().toMillis());
            world.saved.checkAnswers(world.sim.elapsed());
        } catch (AssertionError error) {
            throw new AssertionError("-Dseed=" + seed + " (" + trouble + "): " + error.getMessage(), error);
        }
    }
}
