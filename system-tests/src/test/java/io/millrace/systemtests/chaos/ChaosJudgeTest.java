package io.millrace.systemtests.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.systemtests.chaos.ChaosJudge.Bounds;
import io.millrace.systemtests.chaos.ChaosJudge.Told;
import io.millrace.systemtests.chaos.ChaosJudge.Trouble;
import io.millrace.systemtests.chaos.ChaosNote.Ownership;
import io.millrace.systemtests.chaos.ChaosNote.Way;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The judge of chaos finds each thing that may not happen, and nothing where all went well. */
class ChaosJudgeTest {
    private static final Bounds BOUNDS = new Bounds(Duration.ofSeconds(4), Duration.ofSeconds(2));

    private final List<Told> told = new ArrayList<>();
    private final List<Trouble> troubles = new ArrayList<>();

    @Test
    void cleanMoveIsWell() {
        batch("a", 1, 1, "k:0,l:0");
        over("a", 1, 2, Way.RELEASED);
        batch("b", 2, 3, "k:1,k:2,l:1");

        assertThat(judge("k", 3, "l", 2)).isEqualTo(new ChaosVerdict(5, 5, 0, 0, 0, 0, 7, 0, List.of()));
    }

    @Test
    void recordThatNobodyProcessedIsLost() {
        batch("a", 1, 1, "k:0,k:2");

        ChaosVerdict verdict = judge("k", 3);
        assertThat(verdict.lost()).isEqualTo(1);
        assertThat(verdict.processed()).isEqualTo(2);
    }

    @Test
    void keyThatNobodyProcessedIsLost() {
        batch("a", 1, 1, "k:0");

        assertThat(judge("k", 1, "l", 4).lost()).isEqualTo(4);
    }

    @Test
    void recordThatWasNeverPutIsAViolation() {
        batch("a", 1, 1, "k:0,k:1");

        assertThat(violation(judge("k", 1))).isEqualTo("1 of k was never put");
    }

    @Test
    void recordOfWhichNobodyKnowsWhetherItWasPutMayComeOrNot() {
        batch("a", 1, 1, "k:0,u:0");

        ChaosVerdict verdict = judge("k", 1);
        assertThat(verdict.violations()).isZero();
        assertThat(verdict.lost()).isZero();
    }

    @Test
    void recordAfterALaterOneOfItsKeyIsAViolation() {
        batch("a", 1, 1, "k:0,k:2");
        over("a", 1, 2, Way.RELEASED);
        batch("b", 2, 3, "k:1");

        assertThat(violation(judge("k", 3))).startsWith("1 of k came first after 2, in ");
    }

    @Test
    void recordOfTheParentAfterOneOfTheChildIsAViolation() {
        note("a", new ChaosNote.Batch(1, new Ownership("child", 1), 0, "k:1"));
        batch("a", 1, 2, "k:0");

        assertThat(violation(judge("k", 2))).startsWith("0 of k came first after 1, in ");
    }

    @Test
    void recordAgainWithinItsOwnershipIsAViolation() {
        batch("a", 1, 1, "k:0,k:1");
        batch("a", 1, 2, "k:1");

        ChaosVerdict verdict = judge("k", 2);
        assertThat(violation(verdict)).startsWith("1 of k came after 1 within ");
        assertThat(verdict.duplicates()).isEqualTo(1);
    }

    @Test
    void recordAgainAfterACleanMoveIsAViolation() {
        batch("a", 1, 1, "k:0,k:1");
        over("a", 1, 2, Way.RELEASED);
        batch("b", 2, 3, "k:1");

        assertThat(violation(judge("k", 2))).endsWith(" was RELEASED");
    }

    @Test
    void recordAgainInTheChildAfterItsParentEndedIsAViolation() {
        batch("a", 1, 1, "k:0");
        over("a", 1, 2, Way.ENDED);
        note("a", new ChaosNote.Batch(seconds(3), new Ownership("child", 1), 0, "k:0"));

        assertThat(violation(judge("k", 1))).endsWith(" was ENDED");
    }

    @Test
    void recordAgainWhileItsOwnerLivesIsAViolation() {
        batch("a", 1, 1, "k:0");
        batch("b", 2, 3, "k:0");

        assertThat(violation(judge("k", 1))).endsWith(" was not over");
    }

    @Test
    void recordsMayComeAgainAfterAKillIfTheyWereNewThen() {
        batch("a", 1, 5, "k:0,k:1");
        troubles.add(Trouble.death("a", seconds(6)));
        batch("b", 2, 9, "k:0,k:1,k:2");

        ChaosVerdict verdict = judge("k", 3);
        assertThat(verdict.violations()).isZero();
        assertThat(verdict.duplicates()).isEqualTo(2);
        assertThat(verdict.oldestRepeated()).isEqualTo(1_000);
    }

    @Test
    void recordAgainAfterAKillThatWasOldThenIsAViolation() {
        batch("a", 1, 1, "k:0");
        batch("a", 1, 5, "k:1");
        troubles.add(Trouble.death("a", seconds(6)));
        batch("b", 2, 9, "k:0,k:1");

        assertThat(violation(judge("k", 2))).contains("0 of k came again in ", "5000 ms before");
    }

    @Test
    void recordAgainAfterAnExactEndThatWasNotInHandIsAViolation() {
        batch("a", 1, 1, "k:0");
        batch("a", 1, 2, "k:1");
        troubles.add(new Trouble("a", seconds(2), Long.MAX_VALUE, true, true));
        batch("b", 2, 9, "k:0,k:1");

        assertThat(violation(judge("k", 2))).contains("0 of k came again in ", "1000 ms before");
    }

    @Test
    void recordsOfASleeperMayComeAgainAsFarAsTheSleepIsTheCause() {
        batch("a", 1, 5, "k:0");
        troubles.add(Trouble.sleep("a", seconds(6), seconds(20)));
        over("a", 1, 11, Way.LOST);
        batch("b", 2, 9, "k:0");

        ChaosVerdict verdict = judge("k", 1);
        assertThat(verdict.violations()).isZero();
        assertThat(verdict.unexplained()).isZero();
    }

    @Test
    void lossWithoutACauseIsCountedAndRepeatsNoMore() {
        batch("a", 1, 1, "k:0");
        batch("a", 1, 7, "k:1");
        troubles.add(Trouble.sleep("a", seconds(2), seconds(5)));
        over("a", 1, 11, Way.LOST);
        batch("b", 2, 12, "k:0,k:1");

        ChaosVerdict verdict = judge("k", 2);
        assertThat(verdict.unexplained()).isEqualTo(1);
        assertThat(violation(verdict)).contains("0 of k came again in ", "8000 ms before");
    }

    @Test
    void sleeperThatGoesOnAfterItsLossIsAViolation() {
        batch("a", 1, 1, "k:0");
        note("b", new ChaosNote.Taken(seconds(6), new Ownership("s", 2)));
        batch("a", 1, 7, "k:1");
        over("a", 1, 8, Way.LOST);

        assertThat(violation(judge("k", 2))).startsWith("a processed ").endsWith(" when epoch 2 had begun");
    }

    @Test
    void batchAfterTheEndOfItsOwnershipIsAViolation() {
        batch("a", 1, 1, "k:0");
        over("a", 1, 2, Way.LOST);
        batch("a", 1, 3, "k:1");

        assertThat(violation(judge("k", 2))).endsWith(" when it was over");
    }

    @Test
    void checkpointAfterTheLossIsAViolation() {
        batch("a", 1, 1, "k:0");
        over("a", 1, 2, Way.LOST);
        note("a", new ChaosNote.SavedAfterLoss(seconds(3), new Ownership("s", 1)));

        assertThat(violation(judge("k", 1))).contains(" saved a checkpoint ");
    }

    @Test
    void ownershipOfTwoWorkersIsAViolation() {
        batch("a", 1, 1, "k:0");
        batch("b", 1, 2, "k:1");

        assertThat(violation(judge("k", 2))).endsWith(" belongs to both a and b");
    }

    @Test
    void everyNoteIsItsLineAgainAndATornLineIsNone() {
        Ownership of = new Ownership("shardId-000000000001", 7);
        List<ChaosNote> notes = List.of(
                new ChaosNote.Taken(1, of),
                new ChaosNote.Batch(2, of, 3, "k1:4,k2:5"),
                new ChaosNote.AtEnd(3, of),
                new ChaosNote.Over(4, of, Way.LOST),
                new ChaosNote.SavedAfterLoss(5, of),
                new ChaosNote.Begun(6, of, 4711),
                new ChaosNote.Does(7, of, ChildDeed.HANG));

        assertThat(notes).allSatisfy(note -> {
            assertThat(ChaosNote.of(note.line())).hasValue(note);
            for (int length = 0; length < note.line().length(); length++) {
                assertThat(ChaosNote.of(note.line().substring(0, length))).isEmpty();
            }
        });
    }

    private static long seconds(long time) {
        return Duration.ofSeconds(time).toNanos();
    }

    private void batch(String worker, long epoch, long at, String records) {
        note(worker, new ChaosNote.Batch(seconds(at), new Ownership("s", epoch), worker.equals("a") ? 3 : 4, records));
    }

    private void over(String worker, long epoch, long at, Way way) {
        note(worker, new ChaosNote.Over(seconds(at), new Ownership("s", epoch), way));
    }

    private void note(String worker, ChaosNote note) {
        told.add(new Told(worker, note));
    }

    /** Judges where one key has so many records. */
    private ChaosVerdict judge(String key, int records) {
        return judge(Map.of(key, firstNumbers(records)));
    }

    private ChaosVerdict judge(String key, int records, String other, int ofOther) {
        return judge(Map.of(key, firstNumbers(records), other, firstNumbers(ofOther)));
    }

    private ChaosVerdict judge(Map<String, BitSet> acknowledged) {
        return new ChaosJudge(acknowledged, Map.of("u", firstNumbers(2)), told, troubles, BOUNDS).judge();
    }

    private static BitSet firstNumbers(int count) {
        BitSet numbers = new BitSet();
        numbers.set(0, count);
        return numbers;
    }

    private static String violation(ChaosVerdict verdict) {
        assertThat(verdict.violations()).as("%s", verdict).isEqualTo(1);
        return verdict.examples().get(0);
    }
}
