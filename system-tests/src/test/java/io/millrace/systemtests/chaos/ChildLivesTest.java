package io.millrace.systemtests.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.systemtests.chaos.ChaosJudge.Bounds;
import io.millrace.systemtests.chaos.ChaosJudge.Told;
import io.millrace.systemtests.chaos.ChaosJudge.Trouble;
import io.millrace.systemtests.chaos.ChaosNote.Ownership;
import io.millrace.systemtests.chaos.ChaosNote.Way;
import io.millrace.systemtests.chaos.DaemonCrew.ChildFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The judge of children finds all that may not happen, and nothing where all went well. */
class ChildLivesTest {
    private static final Duration UNSAVED = Duration.ofSeconds(4);

    private final List<Told> notes = new ArrayList<>();
    private final List<Trouble> daemons = new ArrayList<>();
    private final List<ChildLives.Kill> kills = new ArrayList<>();
    private final List<ChildFailure> failures = new ArrayList<>();

    @Test
    void childThatIsKilledHasWhatItHadInHandAgain() {
        begun("d", "s", 1, 11);
        batch("d", "s", 1, 2, "k:0,k:1");
        batch("d", "s", 1, 3, "k:2,k:3");
        kills.add(new ChildLives.Kill(seconds(3), "d", 11));
        begun("d", "s", 4, 12);
        batch("d", "s", 4, 5, "k:2,k:3");

        assertThat(judge(4).violations()).isZero();
    }

    @Test
    void whatWasAnsweredBeforeAKillDoesNotComeAgain() {
        begun("d", "s", 1, 11);
        batch("d", "s", 1, 2, "k:0,k:1");
        batch("d", "s", 1, 3, "k:2,k:3");
        kills.add(new ChildLives.Kill(seconds(3), "d", 11));
        begun("d", "s", 4, 12);
        batch("d", "s", 4, 5, "k:1,k:2,k:3");

        assertThat(violation(judge(4))).startsWith("1 of k came again ");
    }

    @Test
    void otherShardsOfAProcessBeginAgainWithIt() {
        begun("d", "s", 1, 11);
        begun("d", "t", 2, 11);
        batch("d", "t", 2, 3, "k:0,k:1");
        does("d", "s", 1, 4, ChildDeed.EXIT);
        begun("d", "t", 5, 12);
        batch("d", "t", 5, 6, "k:0,k:1");

        assertThat(judge(2).violations()).isZero();
    }

    @Test
    void shardOfAnotherProcessThatBeginsAgainIsAViolation() {
        begun("d", "s", 1, 11);
        begun("d", "t", 2, 12);
        batch("d", "t", 2, 3, "k:0,k:1");
        does("d", "s", 1, 4, ChildDeed.EXIT);
        begun("d", "t", 5, 13);
        batch("d", "t", 5, 6, "k:0,k:1");

        ChaosVerdict verdict = judge(2);
        assertThat(verdict.violations()).isEqualTo(2);
        assertThat(verdict.examples().get(0)).endsWith(" was not over");
    }

    @Test
    void handlerThatRaisesHasItsBatchAgainInTheSameProcess() {
        begun("d", "s", 1, 11);
        batch("d", "s", 1, 2, "k:0");
        batch("d", "s", 1, 3, "k:1");
        does("d", "s", 1, 3, ChildDeed.RAISE);
        begun("d", "s", 4, 11);
        batch("d", "s", 4, 5, "k:1,k:2");

        assertThat(judge(3).violations()).isZero();
    }

    @Test
    void daemonThatIsKilledRepeatsWhatItCouldNotSave() {
        begun("d", "s", 1, 11);
        batch("d", "s", 1, 2, "k:0");
        batch("d", "s", 1, 3, "k:1");
        does("d", "s", 1, 4, ChildDeed.KILL);
        daemons.add(Trouble.death("d", seconds(5)));
        begun("e", "s", 10, 12);
        batch("e", "s", 10, 11, "k:0,k:1");

        assertThat(judge(2).violations()).isZero();
    }

    @Test
    void whatWasOldWhenADaemonWasKilledDoesNotComeAgain() {
        begun("d", "s", 1, 11);
        batch("d", "s", 1, 2, "k:0");
        batch("d", "s", 1, 6, "k:1");
        daemons.add(Trouble.death("d", seconds(7)));
        begun("e", "s", 10, 12);
        batch("e", "s", 10, 11, "k:0,k:1");

        assertThat(violation(judge(2))).startsWith("0 of k came again ");
    }

    @Test
    void childThatWasAskedToShutDownRepeatsNothing() {
        begun("d", "s", 1, 11);
        batch("d", "s", 1, 2, "k:0");
        over("d", "s", 1, 3, Way.RELEASED);
        daemons.add(Trouble.death("d", seconds(4)));
        begun("e", "s", 10, 12);
        batch("e", "s", 10, 11, "k:0");

        assertThat(violation(judge(1))).endsWith(" was RELEASED");
    }

    @Test
    void childThatGoesOnBesideTheNextOneIsAViolation() {
        begun("d", "s", 1, 11);
        begun("d", "s", 2, 12);
        batch("d", "s", 2, 3, "k:0");
        batch("d", "s", 1, 4, "k:1");

        assertThat(judge(2).examples().get(0)).contains(" when epoch ");
    }

    @Test
    void endsOfChildrenThatNothingExplainsAreTold() {
        begun("d", "s", 1, 11);
        does("d", "s", 1, 2, ChildDeed.HANG);
        ChildFailure hung = new ChildFailure(seconds(6), "d", "s", 11, "sent nothing for 4 s");
        ChildFailure strange = new ChildFailure(seconds(7), "d", "t", 12, "was ended by signal 11");
        failures.addAll(List.of(hung, strange));

        assertThat(make().unexplained()).containsExactly(strange);
    }

    @Test
    void longestPauseIsThatOfTheOtherShardsInTheTime() {
        batch("d", "s", 1, 10, "k:0");
        batch("d", "t", 1, 10, "k:1");
        batch("d", "t", 1, 13, "k:2");
        batch("d", "u", 1, 1, "k:3");
        batch("d", "u", 1, 10, "k:4");
        batch("d", "u", 1, 12, "k:5");
        batch("d", "s", 1, 19, "k:6");
        batch("d", "u", 1, 15, "k:7");
        batch("d", "u", 1, 29, "k:8");

        assertThat(ChildLives.longestPause(notes, "s", seconds(11), seconds(14)))
                .isEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void recoveryLastsUntilTheFirstBatchOfTheNextChild() {
        begun("d", "s", 1, 11);
        batch("d", "s", 1, 2, "k:0");
        batch("d", "s", 1, 4, "k:0");
        begun("d", "s", 5, 12);
        batch("d", "s", 5, 6, "k:0");

        assertThat(ChildLives.recovery(notes, "s", seconds(3))).isEqualTo(Duration.ofSeconds(3));
        assertThat(ChildLives.recovery(notes, "t", seconds(3))).isNull();
    }

    private static long seconds(long time) {
        return Duration.ofSeconds(time).toNanos();
    }

    private void begun(String daemon, String shard, long life, long pid) {
        notes.add(new Told(daemon, new ChaosNote.Begun(seconds(life), new Ownership(shard, seconds(life)), pid)));
    }

    private void batch(String daemon, String shard, long life, long at, String records) {
        notes.add(new Told(daemon, new ChaosNote.Batch(seconds(at), new Ownership(shard, seconds(life)), 0, records)));
    }

    private void does(String daemon, String shard, long life, long at, ChildDeed deed) {
        notes.add(new Told(daemon, new ChaosNote.Does(seconds(at), new Ownership(shard, seconds(life)), deed)));
    }

    private void over(String daemon, String shard, long life, long at, Way way) {
        notes.add(new Told(daemon, new ChaosNote.Over(seconds(at), new Ownership(shard, seconds(life)), way)));
    }

    private ChildLives.Case make() {
        return new ChildLives(notes, daemons, kills, failures, UNSAVED).make();
    }

    /** Judges where one key has so many records. */
    private ChaosVerdict judge(int records) {
        BitSet numbers = new BitSet();
        numbers.set(0, records);
        ChildLives.Case found = make();
        return new ChaosJudge(
                        Map.of("k", numbers),
                        Map.of(),
                        found.told(),
                        found.troubles(),
                        new Bounds(UNSAVED, Duration.ofSeconds(2)))
                .judge();
    }

    private static String violation(ChaosVerdict verdict) {
        assertThat(verdict.violations()).as("%s", verdict).isEqualTo(1);
        return verdict.examples().get(0);
    }
}
