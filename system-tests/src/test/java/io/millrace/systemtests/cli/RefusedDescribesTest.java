package io.millrace.systemtests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands that work with leases, beside a service that refuses a third of all calls that describe something. */
@Timeout(180) // a dozen processes
class RefusedDescribesTest {
    private static final String DESCRIBES = "DescribeStreamSummary:throttle=0.33,DescribeStream:throttle=0.33,"
            + "ListShards:throttle=0.33,ListStreams:throttle=0.33,seed=5";
    private static final List<String> LINES =
            IntStream.range(0, 40).mapToObj(i -> "key-" + i + " line " + i).toList();

    @Tag("slow")
    @Test
    void everyCommandEndsWithItsWorkDone(@TempDir Path folder) throws Exception {
        try (LocalStack stack = new LocalStack(folder, DESCRIBES)) {
            stack.createStream("s", 2);
            String lines = Files.write(folder.resolve("lines"), LINES).toString();
            stack.expect(0, "put", "s", "--file", lines, "--key", "1");
            try (CommandRun tail = stack.start(Map.of(), "tail", "s", "--from", "trim_horizon")) {
                assertThat(tail.awaitOutput(text -> text.lines().count() >= 40).lines())
                        .containsExactlyInAnyOrderElementsOf(LINES);
            }
            consumeAll(stack, "app");
            assertThat(stack.expect(0, "leases").out()).contains("app");
            assertThat(stack.expect(0, "leases", "app").out()).contains("2 leases to process");

            stack.expect(0, "leases", "export", "app", "--to-kcl-table", "kcl", "--failover", "1");
            stack.expect(0, "leases", "import", "again", "--from-kcl-table", "kcl", "--stream", "s", "--failover", "1");
            assertThat(stack.expect(0, "leases", "again").out()).contains("2 leases to process");

            stack.expect(0, "leases", "reset", "app", "--to", "latest", "--all", "--failover", "1");
            stack.expect(0, "leases", "reset", "app", "--to", "trim_horizon", "--all", "--failover", "1");
            consumeAll(stack, "app");
            stack.expect(0, "leases", "delete", "app", "--failover", "1");
            assertThat(stack.expect(1, "leases", "app").err()).contains("there is no application 'app'");
        }
    }

    private static void consumeAll(LocalStack stack, String application) {
        try (CommandRun worker = stack.start(Map.of(), "consume", "s", "--app", application, "--failover", "1")) {
            worker.awaitOutput(text -> text.lines().count() >= 40);
            worker.terminate();
            assertThat(worker.exitCode()).as(worker.err()).isZero();
        }
    }
}
