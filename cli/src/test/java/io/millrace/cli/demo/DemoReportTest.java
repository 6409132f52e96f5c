package io.millrace.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.demo.DemoReport.Met;
import io.millrace.cli.demo.Script.Step;
import io.millrace.cli.demo.WorkerMessage.Read;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DemoReportTest {
    @Test
    void reportSaysWhichStepsMetRecordsAndWhatWasProved() {
        DemoReport report = report(0, 12, 30, 40, 50);

        assertThat(report.passed()).isTrue();
        assertThat(report.toLines())
                .startsWith("met the join              12", "met the split             30")
                .last()
                .isEqualTo(
                        "passed: each of 1,000 records was processed, in the order of its key, while a worker joined,"
                                + " a shard was split, two shards were merged, a worker was killed");
        assertThat(report.toJson().toString())
                .contains("\"steps\":[{\"step\":\"join\",\"records\":12},", "\"passed\":true");
    }

    @Test
    void stepThatMetNoRecordIsNotProvedAndNeverPassed() {
        DemoReport report = report(0, 12, 0, 40, 0);

        assertThat(report.passed()).isFalse();
        assertThat(report.toLines())
                .noneMatch(line -> line.contains("passed"))
                .last()
                .isEqualTo(
                        "NOT PROVED: nothing was lost, but no record was put while a shard was split and a worker was"
                                + " killed; give more lines");
        assertThat(report.toJson().toString()).contains("\"passed\":false");
    }

    @Test
    void lossIsToldFirst() {
        assertThat(report(3, 0, 0, 0, 0).toLines())
                .last()
                .isEqualTo("FAILED: of 1,000 records 3 were lost and 0 processed out of order");
    }

    @Test
    void everyStepHasLinesOfItsOwnToMeet() {
        for (int lines : new int[] {7, 100, 15_000}) {
            Script script = new Script(lines);
            for (Step step : Step.values()) {
                assertThat(script.allowed()).isGreaterThanOrEqualTo(script.begin(step));
                script.begins(step);
                assertThat(script.allowed()).isGreaterThan(script.begin(step)).isLessThanOrEqualTo(lines);
            }
            script.isOver();
            assertThat(script.allowed()).isEqualTo(lines);
        }
    }

    @Test
    void reportSaysHowManyRecordsCameByPipe() {
        DemoReport report = report(0, 1, 2, 3, 4, new Read(990, 12));

        assertThat(report.passed()).isTrue();
        assertThat(report.toLines())
                .contains("came by pipe             990", "came by polling           12  (while a pipe was not open)")
                .last()
                .asString()
                .startsWith(
                        "passed: each of 1,000 records was processed, by enhanced fan-out, in the order of its key");
        assertThat(report.toJson().toString()).contains("\"byPipe\":990,\"byPolling\":12");
    }

    @Test
    void pipesThatBroughtNothingAreNotProved() {
        DemoReport report = report(0, 1, 2, 3, 4, new Read(0, 1_000));

        assertThat(report.passed()).isFalse();
        assertThat(report.toLines()).last().isEqualTo("NOT PROVED: nothing was lost, but no record came by a pipe");
    }

    private static DemoReport report(long lost, long join, long split, long merge, long kill) {
        return report(lost, join, split, merge, kill, null);
    }

    private static DemoReport report(long lost, long join, long split, long merge, long kill, @Nullable Read read) {
        List<Met> steps = List.of(
                new Met(Step.JOIN, join),
                new Met(Step.SPLIT, split),
                new Met(Step.MERGE, merge),
                new Met(Step.KILL, kill));
        return new DemoReport(1_000, 1_000, 1_000 - lost, 0, 0, lost, steps, read);
    }
}
