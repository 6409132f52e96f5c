package io.millrace.systemtests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class DemoTest {
    @TempDir
    Path folder;

    @Test
    @Timeout(value = 150, unit = TimeUnit.SECONDS)
    void demoLosesNothingAndKeepsTheOrderThroughAJoinASplitAMergeAndAKill() {
        try (CommandRun demo = CommandRun.start(folder, Map.of(), "", "demo", "--seconds", "10", "--json")) {
            assertThat(demo.exitCode()).as("%s", demo.err()).isZero();
            assertThat(demo.out()).contains("\"put\":5000", "\"lost\":0", "\"orderViolations\":0", "\"passed\":true");
            assertThat(demo.err())
                    .contains("splitting", "merging", "worker-3 takes part", "killed with SIGKILL", "after the kill");
        }
    }

    @Test
    @Tag("slow")
    @Timeout(value = 150, unit = TimeUnit.SECONDS)
    void demoByFanOutLosesNothingAndReadsByPipes() {
        try (CommandRun demo =
                CommandRun.start(folder, Map.of(), "", "demo", "--fan-out", "--seconds", "10", "--json")) {
            assertThat(demo.exitCode()).as("%s", demo.err()).isZero();
            assertThat(demo.out())
                    .contains("\"put\":5000", "\"lost\":0", "\"orderViolations\":0", "\"passed\":true")
                    .contains("\"byPipe\":")
                    .doesNotContain("\"byPipe\":0,");
        }
    }

    @Tag("slow")
    @Test
    @Timeout(value = 150, unit = TimeUnit.SECONDS)
    void demoThatIsInterruptedAtItsEndEndsWithOneLineAndLeavesNoProcess() {
        interrupt("everything is processed");
    }

    @Test
    @Tag("slow")
    @Timeout(value = 150, unit = TimeUnit.SECONDS)
    void demoThatIsInterruptedUnderWayEndsWithOneLineAndLeavesNoProcess() {
        interrupt("worker-2 takes part");
    }

    private void interrupt(String moment) {
        try (CommandRun demo = CommandRun.startMixed(folder, Map.of(), "demo", "--seconds", "5")) {
            demo.awaitOutput(text -> text.contains(moment));
            List<ProcessHandle> children = demo.children();
            demo.terminate();
            assertThat(demo.exitCode()).isEqualTo(143);
            assertThat(demo.out())
                    .endsWith("millrace demo: interrupted; no report\n")
                    .doesNotContain("\tat ");
            assertThat(children).isNotEmpty().noneMatch(ProcessHandle::isAlive);
        }
    }
}
