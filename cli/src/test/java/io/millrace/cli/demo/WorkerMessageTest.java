package io.millrace.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.demo.WorkerMessage.Ended;
import io.millrace.cli.demo.WorkerMessage.Lost;
import io.millrace.cli.demo.WorkerMessage.Processed;
import io.millrace.cli.demo.WorkerMessage.Read;
import io.millrace.cli.demo.WorkerMessage.Started;
import io.millrace.cli.demo.WorkerMessage.Taken;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class WorkerMessageTest {
    static WorkerMessage[] messages() {
        return new WorkerMessage[] {
            new Started(),
            new Taken("shardId-000000000001", 3),
            new Lost("shardId-000000000001", 3, true),
            new Ended("shardId-000000000001", 3),
            new Processed("shardId-000000000001", 3, 1_800_000_000_000_000L, 17, "a key; with blanks"),
            new Read(123, 4)
        };
    }

    @ParameterizedTest
    @MethodSource("messages")
    void lineReadsBackAsTheMessage(WorkerMessage message) {
        assertThat(WorkerMessage.parse(message.toLine())).contains(message);
    }

    @ParameterizedTest
    @MethodSource("messages")
    void lineThatIsCutAnywhereIsNoMessage(WorkerMessage message) {
        String line = message.toLine();
        for (int length = 0; length < line.length(); length++) {
            // A key may hold the end mark itself; a cut there reads as a shorter key, and no real key has one.
            if (!line.substring(0, length).endsWith(";")) {
                assertThat(WorkerMessage.parse(line.substring(0, length))).isEmpty();
            }
        }
    }
}
