package io.millrace.multilang.child;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.multilang.line.FromChild;
import io.millrace.multilang.line.ToChild;
import io.millrace.runtime.EventLoop;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A child's states, step by step in virtual time, with processes that do what the test says. */
class ChildTest {
    private static final ChildName NAME = new ChildName(new StreamName("orders"), ShardId.of(0));
    private static final ToChild.Initialize INITIALIZE =
            ToChild.Initialize.at(NAME.shard(), Checkpoint.notStarted(Position.trimHorizon()));
    private static final ToChild RECORDS = new ToChild.ProcessRecords(List.of(), 0);
    private static final FromChild.Checkpoint ALL = new FromChild.Checkpoint(null, null);

    private final Simulation sim = new Simulation(1);
    private final EventLoop loop = sim.newEventLoop("children");
    private final ScriptedChildren processes = new ScriptedChildren(loop);
    private final List<String> news = new ArrayList<>();
    private final Saver saver = new Saver();
    private Child child = newChild(ChildLimits.DEFAULT);

    @Test
    void childThatAnswersGoesFromActionToAction() {
        begun();
        CompletableFuture<?> told = tell(RECORDS);
        assertThat(told).isNotDone();
        process().answers("processRecords");
        pass();

        assertThat(told).isCompleted();
        assertThat(process().seen).containsExactly("initialize", "processRecords");
        assertThat(news).containsExactly("started 1", "ready");
    }

    @Test
    void childEndsByItselfOnceItsInputIsClosed() {
        begun();
        CompletableFuture<Void> ended = child.end("its shard is left");
        pass();
        assertThat(process().seen).endsWith("close");
        assertThat(ended).isNotDone();
        process().ends(0);
        pass();

        assertThat(ended).isCompleted();
        assertThat(child.ended()).isCompletedWithValue("its shard is left");
        assertThat(news).endsWith("ended 1 its shard is left");
        sim.run(Duration.ofMinutes(1));
        assertThat(process().seen).doesNotContain("SIGTERM");
    }

    @Test
    void stopNeverWaitsWithoutALimit() {
        begun();
        CompletableFuture<Void> ended = child.end("stop");
        sim.run(Duration.ofMillis(4_900));
        assertThat(process().seen).containsExactly("initialize", "close");
        sim.run(Duration.ofMillis(200));
        assertThat(process().seen).endsWith("SIGTERM");
        sim.run(Duration.ofSeconds(5));
        assertThat(process().seen).endsWith("SIGKILL");
        assertThat(ended).isNotDone();
        sim.run(Duration.ofSeconds(10));
        assertThat(ended).as("not even for what SIGKILL does not end").isCompleted();
    }

    @Test
    void exitFailsTheActionInHandAndTellsTheCode() {
        begun();
        CompletableFuture<?> told = tell(RECORDS);
        process().ends(0);
        pass();
        assertFailed(told, "the child of orders/shardId-000000000000 exited with code 0 with processRecords in hand");
        assertFailed(tell(RECORDS), "the child of orders/shardId-000000000000 exited with code 0");
        assertThat(news).endsWith("ended 1 exited with code 0 with processRecords in hand FAILED");
    }

    @Test
    void signalIsNamed() {
        begun();
        process().ends(137);
        pass();
        assertThat(child.ended()).isCompletedWithValue("was ended by signal 9");
    }

    @Test
    void answerThatIsReadAfterTheExitCounts() {
        begun();
        CompletableFuture<?> told = tell(new ToChild.ShardEnded());
        process().exits(0);
        process().answers("shardEnded");
        process().endsOutput();
        pass();
        assertThat(told).isCompleted();
    }

    @Test
    void outputThatAnotherProcessHoldsOpenIsNotWaitedFor() {
        begun();
        CompletableFuture<?> told = tell(RECORDS);
        process().exits(3);
        sim.run(Duration.ofMillis(900));
        assertThat(told).isNotDone();
        sim.run(Duration.ofMillis(200));
        assertFailed(told, "exited with code 3");
    }

    @Test
    void childIsNotGoneBeforeItsOwnChildrenAre() {
        begun();
        CompletableFuture<Void> ended = child.end("stop");
        pass();
        process().hasSurvivors = true;
        process().ends(0);
        sim.run(Duration.ofMillis(5_100));
        assertThat(process().seen).endsWith("close", "SIGTERM");
        assertThat(ended).isNotDone();
        sim.run(Duration.ofSeconds(5));
        assertThat(process().seen).endsWith("SIGKILL");
        process().hasSurvivors = false;
        sim.run(Duration.ofMillis(100));
        assertThat(ended).isCompleted();
    }

    @Test
    void childThatClosesItsOutputFails() {
        begun();
        CompletableFuture<?> told = tell(RECORDS);
        process().endsOutput();
        sim.run(Duration.ofMillis(1_100));
        assertThat(process().seen).endsWith("close", "SIGTERM");
        process().exits(143);
        pass();
        assertFailed(told, "closed its output and goes on");
    }

    @Test
    void wrongAnswerEndsTheChildAndTheActionFailsOnceItIsGone() {
        begun();
        CompletableFuture<?> told = tell(RECORDS);
        process().answers("initialize");
        pass();
        assertThat(process().seen).endsWith("close", "SIGTERM");
        assertThat(told).as("no other child may begin yet").isNotDone();
        sim.run(Duration.ofSeconds(5));
        assertThat(process().seen).endsWith("SIGKILL");
        process().ends(137);
        pass();
        assertFailed(told, "was told processRecords and answered something else");
    }

    @Test
    void answerToNothingEndsTheChild() {
        begun();
        process().answers("processRecords");
        pass();
        process().ends(143);
        pass();
        assertThat(child.ended()).isCompletedWithValue("answered, but had been told nothing");
    }

    @Test
    void startTakesHalfAMinuteAtMost() {
        CompletableFuture<?> started = child.start(INITIALIZE);
        sim.run(Duration.ofSeconds(29));
        assertThat(started).isNotDone();
        sim.run(Duration.ofSeconds(2));
        process().ends(143);
        pass();
        assertFailed(started, "did not answer initialize within 30 s of its start");
    }

    @Test
    void waitForTheProcessOfAnotherShardIsNoPartOfAStart() {
        processes.gate = new CompletableFuture<>();
        CompletableFuture<?> started = child.start(INITIALIZE);
        pass();
        processes.asked.get(0).waits();
        sim.run(Duration.ofMinutes(2));
        processes.asked.get(0).begins();
        processes.gate.complete(null);
        sim.run(Duration.ofSeconds(29));
        assertThat(process().seen).containsExactly("initialize");
        sim.run(Duration.ofSeconds(2));
        process().ends(143);
        pass();
        assertFailed(started, "did not answer initialize within 30 s of its start");
    }

    @Test
    void processThatCannotBeStartedFailsAtOnce() {
        processes.gate = CompletableFuture.failedFuture(new ChildFailedException("no such file", false));
        CompletableFuture<?> started = child.start(INITIALIZE);
        pass();
        assertFailed(started, "could not be started: no such file");
        assertThat(child.end("stop")).isCompleted();
    }

    @Test
    void childThatIsEndedWhileItStartsIsToldNothing() {
        processes.gate = new CompletableFuture<>();
        CompletableFuture<?> started = child.start(INITIALIZE);
        pass();
        CompletableFuture<Void> ended = child.end("stop");
        pass();
        assertThat(ended).isNotDone();
        processes.gate.complete(null);
        pass();
        assertThat(process().seen).containsExactly("close");
        process().ends(0);
        pass();
        assertThat(ended).isCompleted();
        assertFailed(started, "stop");
    }

    @Test
    void childThatWasNeverStartedEndsAtOnce() {
        CompletableFuture<Void> ended = child.end("stop");
        pass();
        assertThat(ended).isCompleted();
    }

    @Test
    void checkpointIsServedBeforeTheAnswerThatFollowsIt() {
        begun();
        CompletableFuture<?> told = tell(RECORDS);
        process().says(ALL);
        process().answers("processRecords");
        pass();
        assertThat(saver.asked).containsExactly(ALL);
        assertThat(told).isNotDone();
        saver.answer(null);
        pass();
        assertThat(process().seen).endsWith("checkpoint null null");
        assertThat(told).isCompleted();
    }

    @Test
    void lateCheckpointIsServedBetweenActions() {
        begun();
        CompletableFuture<?> told = tell(RECORDS);
        process().answers("processRecords");
        process().says(new FromChild.Checkpoint("12", 3L));
        pass();
        assertThat(told).isCompleted();
        saver.answer("ShutdownException");
        pass();
        assertThat(process().seen).endsWith("checkpoint 12 ShutdownException");
    }

    @Test
    void actionThatComesWhileALateCheckpointIsSavedIsAnsweredAfterIt() {
        begun();
        CompletableFuture<?> unused = tell(RECORDS);
        process().answers("processRecords");
        process().says(ALL);
        pass();
        CompletableFuture<?> next = tell(RECORDS);
        process().answers("processRecords");
        pass();
        assertThat(next).isNotDone();
        saver.answer(null);
        pass();
        assertThat(next).isCompleted();
    }

    @Test
    void noCheckpointIsPossibleBeforeTheFirstAction() {
        CompletableFuture<?> started = child.start(INITIALIZE);
        pass();
        process().says(ALL);
        process().answers("initialize");
        pass();
        assertThat(process().seen).endsWith("checkpoint null InvalidStateException");
        assertThat(started).isCompleted();
    }

    @Test
    void checkpointThatThrowsIsToldByTheNameOfItsError() {
        begun();
        CompletableFuture<?> unused = tell(RECORDS);
        process().says(ALL);
        pass();
        saver.waiting.remove(0).completeExceptionally(new IllegalStateException("unforeseen"));
        pass();
        assertThat(process().seen).endsWith("checkpoint null IllegalStateException");
    }

    @Test
    void timeForAMessageBeginsAnewWithEachCheckpointAndStandsStillWhileOneIsSaved() {
        child = newChild(ChildLimits.DEFAULT.withMessage(Duration.ofSeconds(3)));
        begun();
        CompletableFuture<?> told = tell(RECORDS);
        sim.run(Duration.ofSeconds(2));
        process().says(ALL);
        sim.run(Duration.ofSeconds(20));
        saver.answer(null);
        sim.run(Duration.ofMillis(2_900));
        assertThat(process().seen).doesNotContain("SIGTERM");
        sim.run(Duration.ofMillis(200));
        assertThat(process().seen).endsWith("SIGTERM");
        process().ends(143);
        pass();
        assertFailed(told, "sent nothing for 3 s while it had processRecords in hand");
    }

    @Test
    void idleChildMayBeSilent() {
        child = newChild(ChildLimits.DEFAULT.withMessage(Duration.ofSeconds(3)));
        begun();
        sim.run(Duration.ofHours(1));
        assertThat(child.ended()).isNotDone();
    }

    @Test
    void childThatHangsIsEndedOnceItsShardIsLost() {
        begun();
        CompletableFuture<?> told = tell(RECORDS);
        sim.run(Duration.ofMinutes(10));
        assertThat(process().seen).doesNotContain("SIGTERM");
        saver.isLost = true;
        sim.run(Duration.ofSeconds(12));
        process().ends(143);
        pass();
        assertFailed(told, "has processRecords in hand 10 s after the shard was lost");
    }

    @Test
    void childThatDoesNotReadFails() {
        begun();
        CompletableFuture<?> told = tell(RECORDS);
        process().doesNotRead();
        sim.run(Duration.ofMillis(1_100));
        process().ends(143);
        pass();
        assertFailed(told, "does not read its input: Broken pipe");
    }

    @Test
    void exitCodeSaysMoreThanABrokenPipe() {
        begun();
        CompletableFuture<?> told = tell(RECORDS);
        process().doesNotRead();
        pass();
        process().ends(1);
        pass();
        assertFailed(told, "exited with code 1");
    }

    @Test
    void floodOfCheckpointsIsNotKept() {
        begun();
        CompletableFuture<?> told = tell(RECORDS);
        for (int i = 0; i < 1_100; i++) {
            process().says(ALL);
        }
        pass();
        process().ends(143);
        pass();
        assertFailed(told, "sends checkpoints without waiting for answers");
    }

    /** Whatever a process does, and in whatever order: every action has an outcome, and the child ends in time. */
    @Test
    void everyActionHasAnOutcomeWhateverTheProcessDoes() {
        int[] outcomes = new int[2];
        for (long seed = 0; seed < Integer.getInteger("seeds", 500); seed++) {
            try {
                RandomLife life = new RandomLife(seed);
                life.run();
                outcomes[0] += life.answered;
                outcomes[1] += life.failed;
            } catch (AssertionError | RuntimeException error) {
                throw new AssertionError("seed " + seed, error);
            }
        }
        assertThat(outcomes[0]).isGreaterThan(500);
        assertThat(outcomes[1]).isGreaterThan(200);
    }

    private void begun() {
        CompletableFuture<?> started = child.start(INITIALIZE);
        pass();
        process().answers("initialize");
        pass();
        assertThat(started).isCompleted();
    }

    private CompletableFuture<?> tell(ToChild action) {
        CompletableFuture<?> told = child.tell(action, saver);
        pass();
        return told;
    }

    private Child newChild(ChildLimits limits) {
        ChildListener listener = new ChildListener() {
            @Override
            public void started(ChildName name, long pid) {
                news.add("started " + pid);
            }

            @Override
            public void ready(ChildName name, Duration after) {
                news.add("ready");
            }

            @Override
            public void ended(ChildName name, long pid, String reason, ChildEnd end) {
                news.add("ended " + pid + " " + reason + (end == ChildEnd.WANTED ? "" : " FAILED"));
            }
        };
        return Children.of(loop, new Children.Settings(sim.ticker(), limits, listener), processes)
                .newChild(NAME);
    }

    private ScriptedChildren.Scripted process() {
        return processes.started.get(processes.started.size() - 1);
    }

    private void pass() {
        sim.run(Duration.ofMillis(1));
    }

    private static void assertFailed(CompletableFuture<?> told, String why) {
        assertThat(told)
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .withCauseInstanceOf(ChildFailedException.class)
                .withMessageContaining(why);
    }

    /** Saves when the test says so. */
    private static final class Saver implements Checkpoints {
        final List<FromChild.Checkpoint> asked = new ArrayList<>();
        final List<CompletableFuture<@Nullable String>> waiting = new ArrayList<>();
        boolean isLost;

        @Override
        public CompletableFuture<@Nullable String> save(FromChild.Checkpoint checkpoint) {
            asked.add(checkpoint);
            CompletableFuture<@Nullable String> answer = new CompletableFuture<>();
            waiting.add(answer);
            return answer;
        }

        @Override
        public boolean isLeaseLost() {
            return isLost;
        }

        void answer(@Nullable String error) {
            waiting.remove(0).complete(error);
        }
    }

    /** A process that does anything at any time, told one action after the other. */
    private static final class RandomLife {
        private final Simulation sim;
        private final EventLoop loop;
        private final ScriptedChildren processes;
        private final Child child;
        private int answered;
        private int failed;

        RandomLife(long seed) {
            sim = new Simulation(seed);
            loop = sim.newEventLoop("children");
            processes = new ScriptedChildren(loop);
            ChildLimits limits = ChildLimits.DEFAULT.withMessage(Duration.ofSeconds(60));
            child = Children.of(loop, new Children.Settings(sim.ticker(), limits, ChildListener.NONE), processes)
                    .newChild(NAME);
        }

        void run() {
            CompletableFuture<?> last = child.start(INITIALIZE);
            sim.run(Duration.ofMillis(1));
            ScriptedChildren.Scripted process = processes.started.get(0);
            process.reaction = () -> react(process);
            react(process);
            for (int i = 0; i < 20; i++) {
                sim.runUntil(last::isDone, Duration.ofMinutes(2));
                try {
                    last.join();
                    answered++;
                } catch (CompletionException error) {
                    assertThat(error).hasCauseInstanceOf(ChildFailedException.class);
                    failed++;
                }
                last = child.tell(RECORDS, saving());
            }
            CompletableFuture<Void> ended = child.end("stop");
            sim.runUntil(ended::isDone, Duration.ofSeconds(21));
        }

        private Checkpoints saving() {
            return new Checkpoints() {
                @Override
                public CompletableFuture<@Nullable String> save(FromChild.Checkpoint asked) {
                    CompletableFuture<@Nullable String> answer = new CompletableFuture<>();
                    sim.at(Duration.ofMillis(sim.random().nextInt(3_000)), () -> answer.complete(null));
                    return answer;
                }

                @Override
                public boolean isLeaseLost() {
                    return sim.random().nextInt(500) == 0;
                }
            };
        }

        private void react(ScriptedChildren.Scripted process) {
            String seen = process.seen.get(process.seen.size() - 1);
            Duration later = Duration.ofMillis(sim.random().nextInt(2_000));
            if (seen.equals("SIGKILL")) {
                sim.at(later, () -> process.ends(137));
            } else if (seen.equals("SIGTERM") || seen.equals("close")) {
                if (sim.random().nextBoolean()) {
                    sim.at(later, () -> process.ends(0));
                }
            } else {
                sim.at(later, () -> act(process, seen));
            }
        }

        private void act(ScriptedChildren.Scripted process, String seen) {
            switch (sim.random().nextInt(30)) {
                case 0 -> process.exits(0);
                case 1 -> process.ends(1);
                case 2 -> process.endsOutput();
                case 3 -> process.answers("nonsense");
                case 4 -> process.doesNotRead();
                case 5 -> {}
                case 6, 7, 8 -> process.says(ALL);
                default -> process.answers(seen.startsWith("checkpoint") ? "processRecords" : seen);
            }
        }
    }
}
